"""What is observed, a module for each theme. The titles are true of this package."""
