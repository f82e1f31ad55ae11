//! Databases on servers that the operator named: made, given new passwords and limits, dropped.
//!
//! A database has one role that owns it, by the same name. Who made both stands in the role's comment ([`mark`]), which only
//! the server's admin can change. Role and comment come in one transaction and the database is made for that role, so at no
//! moment is there anything without its mark: whoever dies in the middle is found again, and nothing of others is taken for
//! ours.

mod create;
mod manage;
mod mark;
mod name;
mod server;
mod session;
#[cfg(test)]
mod tests;

use super::{Doing, Executor, Undo, input};

pub use server::Server;

pub(super) const DATABASE: Executor = Executor {
    name: "postgres.database",
    about: "Makes a Postgres database and the role that owns it.",
    check: |input| {
        let mut problems =
            input::names(input, &["name"], &["server", "maxConnections", "sizeMb", "extensions"]);
        problems.extend(create::unknown_extensions(input));
        problems
    },
    run: |attempt| Box::pin(create::run(attempt)) as Doing,
    undo: Undo::By(|attempt| Box::pin(create::undo(attempt)) as Doing),
};

pub(super) const ROTATE: Executor = Executor {
    name: "postgres.rotate",
    about: "Gives the role of a database a new password.",
    check: |input| input::names(input, &["database"], &["server", "user"]),
    run: |attempt| Box::pin(manage::rotate(attempt)) as Doing,
    undo: Undo::Never {
        why: "The password was changed, and the former one is not known any more.",
        next: "Rotate it once more: that hands out one that works.",
    },
};

pub(super) const LIMITS: Executor = Executor {
    name: "postgres.limits",
    about: "Changes how many connections a database takes.",
    check: |input| input::names(input, &["database", "maxConnections"], &["server", "sizeMb"]),
    run: |attempt| Box::pin(manage::limits(attempt)) as Doing,
    undo: Undo::Never {
        why: "The limits were changed, and stay as they are now.",
        next: "Change them again, if they are not what is wanted.",
    },
};

pub(super) const DROP: Executor = Executor {
    name: "postgres.drop",
    about: "Drops a database and its role, with all that is in it.",
    check: |input| input::names(input, &["database"], &["server"]),
    run: |attempt| Box::pin(manage::drop(attempt)) as Doing,
    undo: Undo::Never {
        why: "What was dropped is gone.",
        next: "Its operator looks for a backup, if it is still needed.",
    },
};
