//! Figures and settings in words.

use crate::settings::Settings;

/// A share as a percentage.
pub(super) fn percent(share: f64) -> String {
    format!("{}%", (share * 10_000.0).round() / 100.0)
}

/// The settings in one line.
pub(super) fn described(settings: &Settings) -> String {
    format!(
        "joins in {}{}, temperature {}, at most {} tokens",
        percent(settings.probability),
        if settings.mentions_only {
            " (switched off: mentions and replies only)"
        } else {
            ""
        },
        settings.temperature,
        settings.max_tokens
    )
}
