//! The training engine and the SFT recipe.
