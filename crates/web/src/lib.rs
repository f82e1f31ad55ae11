//! Portolan.
#[cfg_attr(not(test), expect(dead_code, reason = "the API view reads it"))]
mod definition;
