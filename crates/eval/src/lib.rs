//! Metrics, blind test and reports.
