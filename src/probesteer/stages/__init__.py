"""Stages: one module a rule; files in, library call, files out."""
