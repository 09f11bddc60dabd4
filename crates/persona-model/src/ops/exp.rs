//! The exponential function in a form that compilers can vectorise.

/// `e^x` to within about two units in the last place; arguments below −87.3 give a number next to zero.
///
/// Range reduction `x = n ln 2 + r`, a polynomial of degree 6 for `e^r`, and `2^n` put together from bits
/// (Cody & Waite 1980).
#[expect(clippy::excessive_precision, reason = "ln 2 is split exactly")]
#[inline]
pub(crate) fn exp(x: f32) -> f32 {
    /// Adding and subtracting 1.5 · 2²³ rounds to the nearest whole number.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_375;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.3, 88.7);
    let n = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let mut p = 1.987_569_1e-4_f32;
    p = p * r + 1.398_199_9e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 0.166_666_65;
    p = p * r + 0.5;
    let value = p * r * r + r + 1.0;
    value * f32::from_bits(((n as i32 + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn agrees_with_the_standard_library() {
        for step in -8_700..8_800 {
            let x = step as f32 / 100.0;
            let expected = f64::from(x).exp();
            assert!(
                (f64::from(exp(x)) - expected).abs() <= 4e-7 * expected,
                "{x}"
            );
        }
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
    }
}
