//! `postgres.database`: made, finished if somebody died over it, taken away again.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    mark,
    name::Name,
    server::Server,
    session::{self, Found, Session},
};
use crate::{
    executors::{
        Attempt, Ended, Failed, Log,
        input::{Input, is_expression},
    },
    fault,
};

/// Extensions that anybody may have: they read no files, run no programs and reach no other server.
const EXTENSIONS: [&str; 16] = [
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "dict_int",
    "earthdistance",
    "fuzzystrmatch",
    "hstore",
    "intarray",
    "isn",
    "ltree",
    "pg_trgm",
    "pgcrypto",
    "tablefunc",
    "unaccent",
    "uuid-ossp",
];
/// Connections, where nothing is said.
const CONNECTIONS: u64 = 20;
pub(super) const MOST_CONNECTIONS: u64 = 1_000;
/// 100 TB.
pub(super) const MOST_MB: u64 = 100_000_000;

/// What is asked for.
pub(super) struct Wanted {
    pub(super) name: Name,
    connections: u64,
    size: Option<u64>,
    extensions: Vec<String>,
}

impl Wanted {
    pub(super) fn of(input: Input<'_>) -> Result<Self, Failed> {
        let mut extensions = Vec::new();
        for extension in input.list("extensions")? {
            let known = extension.as_str().filter(|name| EXTENSIONS.contains(name)).ok_or_else(|| {
                Failed::input(
                    format!("{extension} is no extension that the portal installs."),
                    format!("Ask again with any of {}.", EXTENSIONS.join(", ")),
                )
            })?;
            extensions.push(known.to_owned());
        }
        Ok(Self {
            name: Name::new(input.needed("name")?)?,
            connections: input.number("maxConnections", 1, MOST_CONNECTIONS)?.unwrap_or(CONNECTIONS),
            size: input.number("sizeMb", 1, MOST_MB)?,
            extensions,
        })
    }
}

/// Extensions that an offering names and that are not installed for anybody.
pub(super) fn unknown_extensions(input: &Value) -> Vec<String> {
    let named = input.get("extensions").and_then(Value::as_array).into_iter().flatten();
    let unknown = named.filter(|e| !is_expression(e) && !e.as_str().is_some_and(|e| EXTENSIONS.contains(&e)));
    unknown.map(|e| format!("cannot have the extension {e}; there are {}", EXTENSIONS.join(", "))).collect()
}

pub(super) async fn run(attempt: Attempt) -> Result<Ended, Failed> {
    let input = Input(&attempt.input);
    let (server, wanted) = (attempt.equipment.postgres(input.text("server")?)?, Wanted::of(input)?);
    let admin = Session::open(server, None).await?;
    admin.hold(&wanted.name).await?;
    make_role(&admin, &attempt, &wanted).await?;
    fault::point("postgres.role-made");
    make_database(&admin, &attempt, &wanted).await?;
    fault::point("postgres.database-made");
    furnish(&admin, &attempt.log, &wanted).await?;
    hand_out(&admin, &attempt.log, &wanted.name).await
}

/// The role and its mark, at once; nothing if it is ours already.
pub(super) async fn make_role(admin: &Session<'_>, attempt: &Attempt, wanted: &Wanted) -> Result<(), Failed> {
    let found = admin.find(&wanted.name).await?;
    if found.is_of_step(attempt.key) {
        attempt.log.say(&format!("the role {} is there from an attempt before", wanted.name.as_str()));
        return Ok(());
    }
    if found.role || found.owner.is_some() {
        return Err(taken(admin.server, &wanted.name));
    }
    attempt.log.say(&format!("making the role {} on {}", wanted.name.as_str(), admin.server.name));
    let (role, comment) =
        (wanted.name.quoted(), session::text(&mark::text(attempt.key, &attempt.job, wanted.size)));
    let member = if admin.is_superuser().await? {
        String::new()
    } else {
        format!("GRANT {role} TO CURRENT_USER; ") // else it may not make a database for it
    };
    admin
        .run(&format!(
            "BEGIN; CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS \
             CONNECTION LIMIT {}; COMMENT ON ROLE {role} IS {comment}; {member}COMMIT",
            wanted.connections
        ))
        .await
}

/// The database, for the role; nothing if it is there.
pub(super) async fn make_database(
    admin: &Session<'_>,
    attempt: &Attempt,
    wanted: &Wanted,
) -> Result<(), Failed> {
    let name = wanted.name.as_str();
    match admin.find(&wanted.name).await?.owner {
        Some(owner) if owner == name => {
            attempt.log.say(&format!("the database {name} is there from an attempt before"));
            Ok(())
        }
        Some(_) => Err(taken(admin.server, &wanted.name)),
        None => {
            attempt.log.say(&format!("making the database {name}"));
            // template0: nothing that somebody left in template1, and nobody is in its way
            let quoted = wanted.name.quoted();
            admin
                .run(&format!(
                    "CREATE DATABASE {quoted} OWNER {quoted} TEMPLATE template0 CONNECTION LIMIT {}",
                    wanted.connections
                ))
                .await
        }
    }
}

/// Closed to others, with its limits and extensions. Nobody has its password yet, so nothing in it is anybody's.
pub(super) async fn furnish(admin: &Session<'_>, log: &Log, wanted: &Wanted) -> Result<(), Failed> {
    let name = wanted.name.quoted();
    admin.run(&format!("REVOKE ALL ON DATABASE {name} FROM PUBLIC")).await?;
    limit(admin, &wanted.name, wanted.connections).await?;
    if wanted.extensions.is_empty() {
        return Ok(());
    }
    let inside = Session::open(admin.server, Some(&wanted.name)).await?;
    for extension in &wanted.extensions {
        log.say(&format!("installing the extension {extension}"));
        let quoted = postgres_protocol::escape::escape_identifier(extension);
        inside.run(&format!("CREATE EXTENSION IF NOT EXISTS {quoted} SCHEMA public")).await?;
    }
    Ok(())
}

/// How many connections the database takes, and its role makes.
pub(super) async fn limit(admin: &Session<'_>, name: &Name, connections: u64) -> Result<(), Failed> {
    let name = name.quoted();
    admin
        .run(&format!(
            "BEGIN; ALTER DATABASE {name} CONNECTION LIMIT {connections}; \
             ALTER ROLE {name} CONNECTION LIMIT {connections}; COMMIT"
        ))
        .await
}

/// A new password, and all that one needs to come in.
pub(super) async fn hand_out(admin: &Session<'_>, log: &Log, name: &Name) -> Result<Ended, Failed> {
    let password = session::password()?;
    log.hide(&password);
    admin.run(&format!("ALTER ROLE {} PASSWORD {}", name.quoted(), session::verifier(&password))).await?;
    let server = admin.server;
    let url = server.address(name, &password).ok_or_else(|| {
        Failed::platform(
            format!("The address of the database server {} cannot be written as one.", server.name),
            "The portal's operator corrects PORTOLAN_PROVISION_POSTGRES.",
        )
    })?;
    log.hide(&url);
    log.say(&format!("{} is ready on {}", name.as_str(), server.name));
    let outputs = [
        ("server", json!(server.name)),
        ("host", json!(server.host())),
        ("port", json!(server.port)),
        ("database", json!(name.as_str())),
        ("user", json!(name.as_str())),
    ];
    Ok(Ended::Done {
        outputs: outputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        secrets: BTreeMap::from([("password".to_owned(), password), ("url".to_owned(), url)]),
        effect: json!({ "server": server.name, "database": name.as_str() }),
    })
}

/// Takes away what bears the key, and nothing else.
pub(super) async fn undo(attempt: Attempt) -> Result<Ended, Failed> {
    let input = Input(&attempt.input);
    let Ok(name) = input.needed("name").and_then(Name::new) else {
        return Ok(Ended::done()); // nothing was made under a name that is none
    };
    let server = attempt.equipment.postgres(input.text("server")?)?;
    let admin = Session::open(server, None).await?;
    admin.hold(&name).await?;
    let found = admin.find(&name).await?;
    if found.is_of_step(attempt.key) {
        drop_both(&admin, &attempt.log, &name, &found).await?;
    }
    Ok(Ended::done())
}

/// Drops a role of ours, and its database before it.
pub(super) async fn drop_both(
    admin: &Session<'_>,
    log: &Log,
    name: &Name,
    found: &Found,
) -> Result<(), Failed> {
    if found.owner.as_deref() == Some(name.as_str()) {
        log.say(&format!("dropping the database {}", name.as_str()));
        admin.run(&format!("DROP DATABASE {} WITH (FORCE)", name.quoted())).await?;
    }
    log.say(&format!("dropping the role {}", name.as_str()));
    admin.run(&format!("DROP ROLE {}", name.quoted())).await
}

fn taken(server: &Server, name: &Name) -> Failed {
    Failed::input(
        format!("A database or role {} is there already on {}.", name.as_str(), server.name),
        "Ask again with another name.",
    )
}
