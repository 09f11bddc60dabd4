//! The base model that stages need, where it may be yet to be downloaded.

use anyhow::Result;
use persona_run::{Planned, base::Base};

use crate::failure::Problem;

const MISSING: &str = "the base model is not here yet";

/// What is known of a stage without the base that it needs.
pub(super) fn unknown() -> Planned {
    Planned::Unknown(MISSING.to_owned())
}

/// The base of a stage that is at work.
pub(super) fn needed(base: Option<&Base>) -> Result<&Base> {
    Ok(base.ok_or_else(|| Problem::new(MISSING, "give its folder with --base"))?)
}
