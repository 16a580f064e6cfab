"""The window: app (the only wiring), models, views, plots (the only pyqtgraph), text."""
