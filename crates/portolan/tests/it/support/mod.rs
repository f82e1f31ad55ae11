//! What the tests stand on: the program as a process, a database and a portal of their own, a client that sends exactly
//! what it is told, a browser, a mail server, a receiver of webhooks, other systems that answer or do not, and what the portal says its addresses are.

pub(crate) mod browser;
pub(crate) mod database;
pub(crate) mod example;
pub(crate) mod http;
pub(crate) mod mail;
pub(crate) mod other;
pub(crate) mod page;
pub(crate) mod portal;
pub(crate) mod process;
pub(crate) mod routes;
pub(crate) mod sink;
pub(crate) mod views;
