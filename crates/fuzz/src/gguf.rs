//! GGUF files: the header with its keys and tensors, the tensors themselves, and the tokenizer in the keys.

use std::path::Path;

use persona_gguf::{GgufFile, Header};
use persona_model::Tokenizer;

use crate::{scratch, tokenizer::assert_encodes};

/// A header that was read lies inside the file with all its tensors, and is read again as it is written. What the file opens
/// with can be read.
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
    if let Ok(tokenizer) = Tokenizer::from_gguf(&header) {
        assert_encodes(&tokenizer, false);
    }
    let Ok(mut file) = GgufFile::open(&scratch::file("model.gguf", data)) else {
        return false;
    };
    for tensor in &header.tensors {
        let bytes = file.read(&tensor.name).unwrap();
        assert_eq!(bytes.len() as u64, tensor.bytes().unwrap());
    }
    true
}
