"""Do directions share dimensions, and does that disturb reading them?"""
