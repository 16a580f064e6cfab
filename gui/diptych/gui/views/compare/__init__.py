"""The Compare view: runs held against each other."""
