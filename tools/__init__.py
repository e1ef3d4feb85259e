"""What people who work on the product run by hand."""
