"""What the views show: immutable data, read on one thread, handed to the GUI's."""
