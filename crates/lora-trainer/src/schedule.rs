//! Learning-rate schedules.

use std::f64::consts::PI;

/// Linear warm-up from zero, then half a cosine down to the floor: the arithmetic of transformers'
/// `get_cosine_schedule_with_warmup`, so that the first step of a warm-up has rate 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cosine {
    peak: f64,
    floor: f64,
    warmup_steps: usize,
    total_steps: usize,
    /// First step of the cool-down, and the step at which the rate is zero.
    ending: Option<(usize, usize)>,
}

impl Cosine {
    /// Creates a schedule that falls to zero. `warmup_ratio` of the steps, rounded up, warm up.
    pub fn new(peak: f64, warmup_ratio: f64, total_steps: usize) -> Self {
        Self {
            peak,
            floor: 0.0,
            warmup_steps: (total_steps as f64 * warmup_ratio).ceil() as usize,
            total_steps,
            ending: None,
        }
    }

    /// Returns the schedule, ended early: after `stop` steps the rate is zero, and the last `cooldown` steps lead there
    /// in a straight line. Earlier steps keep their rates, so that the decision can be made while a run goes on (Hu et
    /// al. 2024, the decay phase of `MiniCPM`'s schedule).
    #[must_use]
    pub fn ending_at(self, stop: usize, cooldown: usize) -> Self {
        Self {
            ending: Some((stop.saturating_sub(cooldown), stop)),
            ..self
        }
    }

    /// Returns the schedule, falling to `floor` (a share of the peak) instead of zero.
    #[must_use]
    pub fn with_floor(self, floor: f64) -> Self {
        Self { floor, ..self }
    }

    /// Learning rate of step `step`, counted from 0.
    pub fn rate(&self, step: usize) -> f64 {
        match self.ending {
            Some((start, stop)) if step >= start => {
                let left = stop.saturating_sub(step) as f64 / (stop - start).max(1) as f64;
                self.unended_rate(start) * left
            }
            _ => self.unended_rate(step),
        }
    }

    fn unended_rate(&self, step: usize) -> f64 {
        if step < self.warmup_steps {
            return self.peak * (step as f64 / self.warmup_steps.max(1) as f64);
        }
        let rest = self.total_steps.saturating_sub(self.warmup_steps).max(1);
        let progress = (step - self.warmup_steps) as f64 / rest as f64;
        let factor = (0.5 * (1.0 + (PI * progress).cos())).max(0.0);
        self.peak * (self.floor + (1.0 - self.floor) * factor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn first_step_of_a_warmup_is_zero_and_the_peak_follows_it() {
        let schedule = Cosine::new(1e-3, 0.03, 20);
        let expected = [0.0, 1e-3, 1e-3].map(f64::to_bits);
        let without = Cosine::new(1e-3, 0.0, 20);
        let found = [schedule.rate(0), schedule.rate(1), without.rate(0)];
        assert_eq!(found.map(f64::to_bits), expected);
    }

    #[test]
    fn floor_is_reached_at_the_end() {
        let schedule = Cosine::new(2.0, 0.1, 100).with_floor(0.1);
        assert!((schedule.rate(100) - 0.2).abs() < 1e-12);
        assert!((schedule.rate(10) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn an_early_end_changes_only_its_last_steps() {
        let whole = Cosine::new(1.0, 0.1, 100);
        let ended = whole.ending_at(50, 10);
        for step in 0..=40 {
            assert_eq!(ended.rate(step).to_bits(), whole.rate(step).to_bits());
        }
        assert!((ended.rate(45) - 0.5 * whole.rate(40)).abs() < 1e-12);
        assert!(ended.rate(50).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn stays_between_zero_and_peak(total in 1_usize..2000, ratio in 0.0..1.0_f64, step in 0_usize..2000) {
            let rate = Cosine::new(3e-4, ratio, total).rate(step.min(total));
            prop_assert!((0.0..=3e-4).contains(&rate));
        }
    }
}
