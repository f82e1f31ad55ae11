//! Portolan.
#[cfg_attr(not(test), expect(dead_code, reason = "the API view reads it"))]
mod definition;
#[cfg_attr(not(test), expect(dead_code, reason = "the service view draws it"))]
mod graph;
#[cfg(test)]
mod contrast;
