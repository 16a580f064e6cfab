"""Widgets. Each takes its models when it is made and listens to them."""
