//! Text in columns, for terminals and reports.

use std::fmt::Write;

/// Column of a table: width in characters, and alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    width: usize,
    right: bool,
}

/// Column of texts, aligned to the left.
pub const fn left(width: usize) -> Column {
    Column {
        width,
        right: false,
    }
}

/// Column of figures, aligned to the right.
pub const fn right(width: usize) -> Column {
    Column { width, right: true }
}

/// One line of cells, without a line break. A cell that is too long moves the following ones.
pub fn line(columns: &[Column], cells: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut text = String::new();
    for (column, cell) in columns.iter().zip(cells) {
        let (cell, width) = (cell.as_ref(), column.width);
        // Writing to a string does not fail.
        let _ = if column.right {
            write!(text, "{cell:>width$}")
        } else {
            write!(text, "{cell:<width$}")
        };
    }
    text
}

/// Rows in columns as wide as their longest cell, two spaces apart: texts to the left, and figures to the right where all cells
/// below the first row are figures or empty. The first column holds names, even where they begin with a digit.
pub fn fitting(rows: &[Vec<String>]) -> String {
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column));
    let is_figure = |cell: &String| cell.starts_with(|char: char| char.is_ascii_digit());
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let columns: Vec<Column> = (0..count)
        .flat_map(|column| {
            let longest = cells(column).map(|cell| cell.chars().count()).max();
            let below = rows.iter().skip(1).filter_map(|row| row.get(column));
            let own = Column {
                width: longest.unwrap_or(0),
                right: column > 0 && below.filter(|cell| !cell.is_empty()).all(is_figure),
            };
            [own, left(2)]
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().flat_map(|cell| [cell.as_str(), ""]);
        text.push_str(line(&columns, cells).trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_columns_fill_up_and_give_way() {
        let columns = [left(4), right(6)];
        assert_eq!(line(&columns, ["ab", "1.5"]), "ab     1.5");
        assert_eq!(line(&columns, ["größer", "1"]), "größer     1");
    }

    #[test]
    fn fitting_columns_put_figures_to_the_right() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [
            row(["who", "count", "note"]),
            row(["u1", "9", "at the cap"]),
            row(["2 more", "120", ""]),
        ];
        assert_eq!(
            fitting(&rows),
            "who     count  note\nu1          9  at the cap\n2 more    120\n"
        );
        assert_eq!(fitting(&[]), "");
    }
}
