//! Checks of configuration values.

use crate::error::Error;

/// Checks that `value` is a positive number.
pub fn positive(key: &'static str, value: f64) -> Result<(), Error> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(wrong(key, &value, "a positive number"))
}

/// Checks that each value is at least 1.
pub fn at_least_one(values: &[(&'static str, usize)]) -> Result<(), Error> {
    let mut values = values.iter();
    values.try_for_each(|&(key, value)| at_least(key, value, 1, "at least 1"))
}

/// Checks that `value` is at least `least`.
pub fn at_least(
    key: &'static str,
    value: usize,
    least: usize,
    expected: &'static str,
) -> Result<(), Error> {
    if value < least {
        return Err(wrong(key, &value, expected));
    }
    Ok(())
}

/// Error for a value that makes no sense.
pub(crate) fn wrong(key: &'static str, value: &dyn ToString, expected: &'static str) -> Error {
    Error::Config {
        key,
        value: value.to_string(),
        expected,
    }
}
