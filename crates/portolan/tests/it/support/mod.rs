//! What the tests stand on: a portal of their own, a client that sends exactly what it is told, and a browser.

pub(crate) mod browser;
pub(crate) mod http;
pub(crate) mod page;
pub(crate) mod portal;
pub(crate) mod process;
