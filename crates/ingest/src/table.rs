//! Reads `messages.csv` of older data packages.

use std::io::Read;

use csv::{ByteRecord, ReaderBuilder};

use crate::{
    output::{DocumentError, Output},
    package::{self, COLUMNS, Setting},
};

/// Reads the table row by row.
pub(crate) fn read(
    reader: &mut dyn Read,
    output: &mut Output<'_>,
    setting: &Setting,
) -> Result<(), DocumentError> {
    let mut table = ReaderBuilder::new().flexible(true).from_reader(reader);
    let header = match table.byte_headers() {
        Ok(header) => header.clone(),
        Err(error) => return Err(output.broken(0, error.to_string())),
    };
    // A missing column gets an index that no row has.
    let columns = COLUMNS.map(|column| {
        header
            .iter()
            .position(|name| name == column.as_bytes())
            .unwrap_or(usize::MAX)
    });
    let mut short: Option<ByteRecord> = None;
    let mut row = ByteRecord::new();
    loop {
        match table.read_byte_record(&mut row) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(output.broken(table.position().byte(), error.to_string())),
        }
        if let Some(row) = short.take() {
            take(output, setting, columns, &row)?;
        }
        if row.len() < header.len() {
            short = Some(row.clone());
        } else {
            take(output, setting, columns, &row)?;
        }
    }
    // A last row with too few fields was cut off; any other such row is only odd.
    match short {
        Some(_) => Err(output.broken(
            table.position().byte(),
            "the file ends inside a row".to_owned(),
        )),
        None => output.finish_counted(None),
    }
}

fn take(
    output: &mut Output<'_>,
    setting: &Setting,
    columns: [usize; 4],
    row: &ByteRecord,
) -> Result<(), DocumentError> {
    match package::decode_row(setting, columns, row) {
        Ok(record) => output.take(record),
        Err(bad) => {
            let position = row.position().map_or(0, csv::Position::byte);
            let fields: Vec<_> = row.iter().map(String::from_utf8_lossy).collect();
            output.take_odd(position, bad.reason, fields.join(","))
        }
    }
}
