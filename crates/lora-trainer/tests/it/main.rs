//! Golden values, and whole runs on a toy server.

mod golden;
mod gradients;
mod pretrain;
mod resume;
mod support;
mod toy;
