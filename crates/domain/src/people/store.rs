//! SQL of the slice.
