//! The portal as a whole: the shape of the tree, journeys through both faces, who may do what.

mod apply;
mod boundaries;
mod lifecycle;
mod process;
