//! Matrix products on slices, with strides: the one place that calls the `gemm` kernels.

use gemm::Parallelism;

/// A matrix in a slice. Element `(row, column)` is at `offset + row * row_stride + column * column_stride`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Creates a row-major matrix whose rows are `row_stride` apart.
    ///
    /// # Panics
    /// When the last element would be outside `data`.
    pub(crate) fn new(data: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        assert!(
            last_index(rows, columns, row_stride) < data.len().max(1),
            "matrix leaves its slice"
        );
        assert!(
            rows == 0 || columns == 0 || !data.is_empty(),
            "matrix leaves its slice"
        );
        Self {
            data,
            rows,
            columns,
            row_stride,
            column_stride: 1,
        }
    }

    /// Returns the transposed matrix, without copying.
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

fn last_index(rows: usize, columns: usize, row_stride: usize) -> usize {
    rows.saturating_sub(1) * row_stride + columns.saturating_sub(1)
}

/// Computes `destination = keep · destination + scale · left · right`, row-major with rows `row_stride` apart. With
/// `keep` 0 the destination is only written.
///
/// # Panics
/// When the shapes do not fit.
#[expect(unsafe_code, reason = "the kernel takes raw pointers")]
pub(crate) fn product(
    destination: &mut [f32],
    row_stride: usize,
    keep: f32,
    scale: f32,
    left: Matrix<'_>,
    right: Matrix<'_>,
) {
    assert_eq!(left.columns, right.rows, "inner dimensions differ");
    let (rows, columns, inner) = (left.rows, right.columns, left.columns);
    if rows == 0 || columns == 0 {
        return;
    }
    assert!(
        last_index(rows, columns, row_stride) < destination.len(),
        "destination is too small"
    );
    if inner == 0 {
        for row in destination.chunks_mut(row_stride).take(rows) {
            row[..columns].iter_mut().for_each(|value| *value *= keep);
        }
        return;
    }
    // SAFETY: the last element of each operand was checked to lie inside its slice (`Matrix::new` for the operands,
    // which `transposed` does not change; the assertion above for the destination), strides are not negative, and the
    // destination is borrowed mutably, so it overlaps neither operand.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            destination.as_mut_ptr(),
            1,
            row_stride as isize,
            keep != 0.0,
            left.data.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.data.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            keep,
            scale,
            false,
            false,
            false,
            parallelism(),
        );
    }
}

/// As many threads as the current rayon pool has, so that the caller decides by choosing the pool.
fn parallelism() -> Parallelism {
    match rayon::current_num_threads() {
        1 => Parallelism::None,
        threads => Parallelism::Rayon(threads),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(left: Matrix<'_>, right: Matrix<'_>) -> Vec<f32> {
        let at =
            |m: &Matrix<'_>, r: usize, c: usize| m.data[r * m.row_stride + c * m.column_stride];
        let mut out = Vec::new();
        for row in 0..left.rows {
            for column in 0..right.columns {
                out.push(
                    (0..left.columns)
                        .map(|k| at(&left, row, k) * at(&right, k, column))
                        .sum(),
                );
            }
        }
        out
    }

    #[test]
    fn agrees_with_the_triple_loop_for_all_strides() {
        let data: Vec<f32> = (0..200)
            .map(|i| ((i * 37 % 101) as f32 - 50.0) / 25.0)
            .collect();
        for (rows, inner, columns) in [(1, 1, 1), (3, 5, 7), (1, 8, 4), (6, 2, 1), (4, 4, 4)] {
            let plain = Matrix::new(&data, rows, inner, inner + 2);
            let turned = Matrix::new(&data[20..], inner, rows, rows + 1).transposed();
            for left in [plain, turned] {
                let right = Matrix::new(&data[3..], columns, inner, inner).transposed();
                let mut out = vec![1.0; rows * columns];
                product(&mut out, columns, 0.5, 2.0, left, right);
                for (found, expected) in out.iter().zip(naive(left, right)) {
                    assert!(
                        (found - (0.5 + 2.0 * expected)).abs() < 1e-4,
                        "{found} {expected}"
                    );
                }
            }
        }
    }
}
