//! Base model of a stage, while it may be yet to be downloaded.

use anyhow::Result;
use persona_run::{Planned, base::Base};

use crate::failure::Problem;

const MISSING: &str = "the base model is not here yet";

/// Plan of a stage whose base is not on this machine.
pub(super) fn unknown() -> Planned {
    Planned::Unknown(MISSING.to_owned())
}

/// Returns the base of a stage that runs.
pub(super) fn needed(base: Option<&Base>) -> Result<&Base> {
    Ok(base.ok_or_else(|| Problem::new(MISSING, "give its folder with --base"))?)
}
