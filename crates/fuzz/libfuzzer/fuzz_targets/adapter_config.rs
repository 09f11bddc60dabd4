//! `fuzz::adapter_config` for cargo fuzz.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    fuzz::adapter_config(data);
});
