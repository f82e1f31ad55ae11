//! Operational reviews: what a week holds, what stays as it was frozen, what stands out of a month.

mod frozen;
mod harbour;
mod month;
mod week;
