"""Results as one page for a browser: a table, plots and thresholds that can be moved."""
