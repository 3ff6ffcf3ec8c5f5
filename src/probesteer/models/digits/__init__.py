"""A small image classifier, and concepts of what it sees: scikit-learn's scanned digits.

1,797 scans of 8 x 8 pixels that come with scikit-learn (Alpaydin & Kaynak 1998, "Optical
Recognition of Handwritten Digits", UCI), so nothing is downloaded.
"""
