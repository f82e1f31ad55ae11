//! What the tests stand on: a portal of their own, a client that sends exactly what it is told, and a browser.

pub mod browser;
pub mod http;
pub mod page;
pub mod portal;
