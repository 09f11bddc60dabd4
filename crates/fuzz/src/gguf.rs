//! GGUF files: the header with its keys and tensors.

use std::path::Path;

use persona_gguf::Header;

/// A header that was read lies inside the file with all its tensors, and is read again as it is written.
pub fn gguf(data: &[u8]) -> bool {
    let length = data.len() as u64;
    let Ok((header, data_start)) = Header::read(&mut &*data, length, Path::new("fuzz.gguf")) else {
        return false;
    };
    let mut end = 0;
    for tensor in &header.tensors {
        let bytes = tensor.bytes().unwrap();
        end = end.max(tensor.offset + bytes);
    }
    assert!(end == 0 || data_start + end <= length);
    let mut written = header.to_bytes();
    written.resize(written.len() + end as usize, 0);
    let length = written.len() as u64;
    let (again, _) = Header::read(&mut &*written, length, Path::new("again.gguf")).unwrap();
    // Debug output, because a number that is none differs from itself.
    assert_eq!(format!("{again:?}"), format!("{header:?}"));
    true
}
