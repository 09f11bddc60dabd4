//! Parsing of headers. The bytes may come from anybody: every count is checked against what is left of the file before
//! anything is allocated.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use persona_core::FileError;

use crate::{
    error::{Error, Result},
    header::{Header, MAGIC, TensorInfo},
    types::TensorType,
    value::{Value, ValueType},
};

/// First four bytes of a big-endian file whose writer stored the magic number in that order, too.
const BIG_ENDIAN_MAGIC: [u8; 4] = *b"FUGG";
/// Largest number of dimensions in ggml.
const MAX_DIMENSIONS: u32 = 4;
/// Largest number of values in all arrays of a header together; the largest vocabularies have a few hundred thousand
/// tokens and merges.
const MAX_ITEMS: u64 = 1 << 22;
/// Longest string in bytes; the longest real ones are chat templates.
const MAX_STRING: u64 = 1 << 26;
/// Fewest bytes of a key with its value.
const MIN_ENTRY: u64 = 8 + 4 + 1;
const MIN_TENSOR: u64 = 8 + 4 + 4 + 8;

/// Kind of a fault.
#[derive(Clone, Copy, Debug)]
enum Fault {
    NotGguf,
    BigEndian,
    Truncated,
    Malformed,
}

/// Description of a fault, and its byte offset.
#[derive(Debug)]
struct Problem {
    fault: Fault,
    position: u64,
    message: String,
}

impl Problem {
    fn in_file(self, path: &Path) -> Error {
        let (path, position, message) = (path.to_owned(), self.position, self.message);
        match self.fault {
            Fault::NotGguf => Error::NotGguf {
                path,
                position,
                message,
            },
            Fault::BigEndian => Error::BigEndian { path },
            Fault::Truncated => Error::Truncated {
                path,
                position,
                message,
            },
            Fault::Malformed => Error::Malformed {
                path,
                position,
                message,
            },
        }
    }
}

type Parsed<T> = Result<T, Problem>;

impl Header {
    /// Reads the header of the GGUF file at `path`, and checks that all tensors lie inside the file.
    ///
    /// Returns the header and the byte offset of the tensor data.
    pub fn open(path: &Path) -> Result<(Self, u64)> {
        let file = File::open(path).map_err(FileError::read(path))?;
        let length = file.metadata().map_err(FileError::read(path))?.len();
        Self::read(&mut BufReader::with_capacity(1 << 16, file), length, path)
    }

    /// Reads a header from `source`, a file of `length` bytes; `path` is for error messages.
    pub fn read(source: &mut dyn Read, length: u64, path: &Path) -> Result<(Self, u64)> {
        let mut reader = Reader {
            source,
            position: 0,
            length,
            items_left: MAX_ITEMS,
        };
        reader.header().map_err(|problem| problem.in_file(path))
    }
}

struct Reader<'a> {
    source: &'a mut dyn Read,
    position: u64,
    length: u64,
    items_left: u64,
}

impl Reader<'_> {
    fn header(&mut self) -> Parsed<(Header, u64)> {
        let magic: [u8; 4] = self.bytes("the magic number")?;
        if magic != MAGIC {
            let fault = if magic == BIG_ENDIAN_MAGIC {
                Fault::BigEndian
            } else {
                Fault::NotGguf
            };
            let found = magic.escape_ascii();
            return self.fail_as(fault, format!("found `{found}`, expected `GGUF`"));
        }
        let version = self.u32("the version")?;
        if !(2..=3).contains(&version) {
            let fault = if (1..=3).contains(&version.swap_bytes()) {
                Fault::BigEndian
            } else {
                Fault::NotGguf
            };
            return self.fail_as(fault, format!("found version {version}, expected 2 or 3"));
        }
        let tensor_count = self.u64("the number of tensors")?;
        let entry_count = self.u64("the number of keys")?;
        self.check_count("keys", entry_count, MIN_ENTRY)?;
        let metadata = self.metadata(entry_count)?;
        self.check_count("tensors", tensor_count, MIN_TENSOR)?;
        let mut tensors = Vec::with_capacity(tensor_count as usize);
        for _ in 0..tensor_count {
            let tensor = self.tensor()?;
            tensors.push(tensor);
        }
        let header = Header {
            version,
            metadata,
            tensors,
        };
        let data_start = self.check_tensors(&header)?;
        Ok((header, data_start))
    }

    fn metadata(&mut self, count: u64) -> Parsed<Vec<(String, Value)>> {
        let mut metadata = Vec::with_capacity(count as usize);
        let mut keys = BTreeSet::new();
        for _ in 0..count {
            let key = self.string("a key")?;
            if !keys.insert(key.clone()) {
                return self.fail(format!("the key `{}` is there twice", shorten(&key)));
            }
            let kind = self.value_type(&key)?;
            let value = self.value(kind, &key)?;
            metadata.push((key, value));
        }
        Ok(metadata)
    }

    fn value_type(&mut self, key: &str) -> Parsed<ValueType> {
        let number = self.u32("a value type")?;
        match ValueType::from_number(number) {
            Some(kind) => Ok(kind),
            None => self.fail(format!(
                "key `{}` has value type {number}, expected 0 to 12",
                shorten(key)
            )),
        }
    }

    fn value(&mut self, kind: ValueType, key: &str) -> Parsed<Value> {
        let what = "a value";
        Ok(match kind {
            ValueType::U8 => Value::U8(self.bytes::<1>(what)?[0]),
            ValueType::I8 => Value::I8(i8::from_le_bytes(self.bytes(what)?)),
            ValueType::U16 => Value::U16(u16::from_le_bytes(self.bytes(what)?)),
            ValueType::I16 => Value::I16(i16::from_le_bytes(self.bytes(what)?)),
            ValueType::U32 => Value::U32(self.u32(what)?),
            ValueType::I32 => Value::I32(i32::from_le_bytes(self.bytes(what)?)),
            ValueType::F32 => Value::F32(f32::from_le_bytes(self.bytes(what)?)),
            ValueType::U64 => Value::U64(self.u64(what)?),
            ValueType::I64 => Value::I64(i64::from_le_bytes(self.bytes(what)?)),
            ValueType::F64 => Value::F64(f64::from_le_bytes(self.bytes(what)?)),
            ValueType::String => Value::String(self.string(what)?),
            ValueType::Bool => match self.bytes::<1>(what)?[0] {
                0 => Value::Bool(false),
                1 => Value::Bool(true),
                other => {
                    return self.fail(format!(
                        "key `{}` is {other}, expected a boolean 0 or 1",
                        shorten(key)
                    ));
                }
            },
            ValueType::Array => self.array(key)?,
        })
    }

    fn array(&mut self, key: &str) -> Parsed<Value> {
        let kind = self.value_type(key)?;
        if kind == ValueType::Array {
            return self.fail(format!(
                "key `{}` is an array of arrays, which nothing reads",
                shorten(key)
            ));
        }
        let count = self.u64("the length of an array")?;
        self.check_count("array items", count, kind.min_bytes())?;
        if count > self.items_left {
            return self.fail(format!("arrays hold more than {MAX_ITEMS} items"));
        }
        self.items_left -= count;
        let mut items = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let item = self.value(kind, key)?;
            items.push(item);
        }
        Ok(Value::Array(kind, items))
    }

    fn tensor(&mut self) -> Parsed<TensorInfo> {
        let name = self.string("the name of a tensor")?;
        let count = self.u32("a number of dimensions")?;
        if count > MAX_DIMENSIONS {
            return self.fail(format!(
                "tensor `{}` has {count} dimensions, expected at most {MAX_DIMENSIONS}",
                shorten(&name)
            ));
        }
        let mut dimensions = Vec::new();
        for _ in 0..count {
            dimensions.push(self.u64("a dimension")?);
        }
        let number = self.u32("the type of a tensor")?;
        let Some(kind) = TensorType::from_number(number) else {
            return self.fail(format!(
                "tensor `{}` has type {number}, which is unknown here",
                shorten(&name)
            ));
        };
        let offset = self.u64("the offset of a tensor")?;
        Ok(TensorInfo {
            name,
            dimensions,
            kind,
            offset,
        })
    }

    /// Checks names, sizes and positions of the tensors; returns the byte offset of the tensor data.
    fn check_tensors(&self, header: &Header) -> Parsed<u64> {
        if let Some(value) = header.value("general.alignment") {
            let Value::U32(alignment) = value else {
                return self.fail(format!(
                    "`general.alignment` is {value}, expected a 32-bit number"
                ));
            };
            if !alignment.is_power_of_two() || *alignment > 1 << 20 {
                return self.fail(format!(
                    "`general.alignment` is {alignment}, expected a power of two"
                ));
            }
        }
        let alignment = header.alignment();
        let data_start = self.position.next_multiple_of(alignment);
        let room = self.length.saturating_sub(data_start);
        let mut names = BTreeSet::new();
        for tensor in &header.tensors {
            let name = shorten(&tensor.name);
            if !names.insert(&tensor.name) {
                return self.fail(format!("the tensor `{name}` is there twice"));
            }
            if !tensor.offset.is_multiple_of(alignment) {
                return self.fail(format!(
                    "tensor `{name}` lies at {}, expected a multiple of {alignment}",
                    tensor.offset
                ));
            }
            let end = tensor
                .bytes()
                .and_then(|bytes| tensor.offset.checked_add(bytes));
            match end {
                None => {
                    return self.fail(format!(
                        "tensor `{name}` has dimensions {:?}, which {} cannot have",
                        tensor.dimensions, tensor.kind
                    ));
                }
                Some(end) if end > room => {
                    return self.fail_as(Fault::Truncated, format!("tensor `{name}` ends at {end} of the data, but the file has only {room} bytes of it: it is cut off"));
                }
                Some(_) => {}
            }
        }
        self.check_overlaps(&header.tensors)?;
        Ok(data_start)
    }

    /// Refuses tensors that share bytes: a mistake of the writer, or a trick.
    fn check_overlaps(&self, tensors: &[TensorInfo]) -> Parsed<()> {
        let mut ranges: Vec<(u64, u64, &str)> = tensors
            .iter()
            .map(|tensor| {
                let length = tensor.bytes().unwrap_or_default();
                (tensor.offset, tensor.offset + length, tensor.name.as_str())
            })
            .filter(|(start, end, _)| start < end)
            .collect();
        ranges.sort_unstable();
        match ranges
            .array_windows()
            .find(|[left, right]| right.0 < left.1)
        {
            Some([left, right]) => self.fail(format!(
                "tensor `{}` begins at {} of the data, inside tensor `{}`, which ends at {}",
                shorten(right.2),
                right.0,
                shorten(left.2),
                left.1
            )),
            None => Ok(()),
        }
    }

    fn check_count(&self, what: &str, count: u64, min_bytes: u64) -> Parsed<()> {
        let left = self.length.saturating_sub(self.position);
        if count > left / min_bytes {
            return self.fail_as(
                Fault::Truncated,
                format!("found {count} {what}, more than the {left} bytes that are left can hold"),
            );
        }
        Ok(())
    }

    fn string(&mut self, what: &str) -> Parsed<String> {
        let length = self.u64(what)?;
        self.check_count("bytes of text", length, 1)?;
        if length > MAX_STRING {
            return self.fail(format!(
                "{what} has {length} bytes, expected at most {MAX_STRING}"
            ));
        }
        let mut bytes = Vec::new();
        let read = Read::take(&mut *self.source, length).read_to_end(&mut bytes);
        match read {
            Ok(count) if count as u64 == length => self.position += length,
            Ok(_) => {
                return self.fail_as(Fault::Truncated, format!("the file ends inside {what}"));
            }
            Err(error) => return self.fail(error.to_string()),
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(text),
            Err(_) => self.fail(format!("{what} is not UTF-8")),
        }
    }

    fn u32(&mut self, what: &str) -> Parsed<u32> {
        Ok(u32::from_le_bytes(self.bytes(what)?))
    }

    fn u64(&mut self, what: &str) -> Parsed<u64> {
        Ok(u64::from_le_bytes(self.bytes(what)?))
    }

    fn bytes<const N: usize>(&mut self, what: &str) -> Parsed<[u8; N]> {
        let mut bytes = [0; N];
        match self.source.read_exact(&mut bytes) {
            Ok(()) => self.position += N as u64,
            Err(_) => {
                return self.fail_as(Fault::Truncated, format!("the file ends inside {what}"));
            }
        }
        Ok(bytes)
    }

    fn fail<T>(&self, message: String) -> Parsed<T> {
        self.fail_as(Fault::Malformed, message)
    }

    fn fail_as<T>(&self, fault: Fault, message: String) -> Parsed<T> {
        Err(Problem {
            fault,
            position: self.position,
            message,
        })
    }
}

/// Shortens a name for error messages and escapes its control characters, since it comes from the file.
fn shorten(name: &str) -> String {
    let start: String = name.chars().take(80).collect();
    start.escape_debug().to_string()
}
