//! Preference losses and the DPO recipe, on the engine of lora-trainer.
