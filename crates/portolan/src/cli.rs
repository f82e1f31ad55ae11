//! The command line. A flag is a name for a setting (see [`crate::settings`]); what it may hold is checked there.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use portolan_domain::wins::Number;

/// The internal developer portal: who owns it, how critical is it, what does it depend on, whom to call.
#[derive(Debug, Parser)]
#[command(name = "portolan", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the portal.
    ///
    /// Without a database URL it starts a private Postgres in its data folder and talks to it over a unix
    /// socket; no TCP port of the database is open. Pending migrations are applied first. Ctrl-C or SIGTERM
    /// let the requests in flight finish, then stop it.
    Serve(Serve),
    /// Apply pending database migrations, and nothing else.
    ///
    /// `serve` does the same at its start; replicas may do it at once. A database that a newer Portolan
    /// migrated is refused.
    Migrate(Store),
    /// Load the demo company, Fairhaven the online grocer, into an empty portal.
    Demo(Store),
    /// Make persons and tokens from the server's own machine; works beside a running `serve`.
    #[command(subcommand, arg_required_else_help = true)]
    Admin(Admin),
    /// Send descriptor files to a running portal.
    ///
    /// Reads `PORTOLAN_URL` and `PORTOLAN_TOKEN` (a token with the scope "write"). Prints one line per entity
    /// that was created, updated or rejected, then a summary; exits with 1 if anything was rejected.
    Apply(Apply),
    /// Say who is on call for a service, until when, who is next, and why.
    ///
    /// Reads `PORTOLAN_URL` and `PORTOLAN_TOKEN` (a token with the scope "read"). Exits with 1 if nobody is on call.
    Oncall(OnCall),
    /// Ask for something that the portal offers: a database, a repository, a namespace.
    ///
    /// Reads `PORTOLAN_URL` and `PORTOLAN_TOKEN` (a token with the scope "write"). With --wait it tells the log as it is
    /// written, and its exit code is the outcome: 0 it is there, 1 it could not be asked for, 2 somebody said no, 3 it
    /// failed or was cancelled, 4 it waits for somebody's help, 5 the time to wait was over.
    Request(ProvisioningRequest),
    /// Jot something that went well; it waits in your team until its next update is written.
    ///
    /// Reads `PORTOLAN_URL` and `PORTOLAN_TOKEN` (a token with the scope "write"). Prints whose it is and where to read it.
    Win(Jot),
    /// Jot something that is hard and not over; it stays open until somebody closes it.
    ///
    /// Reads `PORTOLAN_URL` and `PORTOLAN_TOKEN` (a token with the scope "write"). Another team is named by --names, or as
    /// @slug in the text: it is asked before the challenge is published.
    Challenge(Jot),
    /// Run an example of another system that offerings have something done by: it makes namespaces, in memory.
    ///
    /// Answers `POST /namespaces` with a name, a team and a quota, `GET` and `DELETE /namespaces/{name}`; all of it signed
    /// as Standard Webhooks says. It takes two seconds to make one, and calls `Portolan-Callback` when it is done.
    ExampleExecutor(ExampleExecutor),
    /// Print the `OpenAPI` document of the REST API.
    Openapi,
}

/// Where the data is.
#[derive(Debug, Args)]
pub(crate) struct Store {
    /// Folder of the private Postgres [env: `PORTOLAN_DATA_DIR`] [default: /var/lib/portolan as root, else
    /// ~/.local/share/portolan].
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<String>,
    /// Use this Postgres (14 or later) and start none [env: `DATABASE_URL`].
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// Read settings from this file; lines of KEY=value as in .env.example [env: `PORTOLAN_SETTINGS`]
    /// [default: .env in the current folder, if there].
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Address and port to listen on [env: `PORTOLAN_LISTEN`] [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) listen: Option<String>,
    /// Public address of the portal, for links [env: `PORTOLAN_BASE_URL`] [default: http://<listen>].
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// Load the demo company if the portal is empty, and on a loopback address let visitors sign in as one
    /// of its people [env: `PORTOLAN_DEMO`].
    #[arg(long)]
    pub(crate) demo: bool,
    #[command(flatten)]
    pub(crate) store: Store,
}

#[derive(Debug, Args)]
pub(crate) struct ExampleExecutor {
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8091")]
    pub(crate) listen: SocketAddr,
    /// Secret that calls are signed with, `whsec_…`: the portal's is in `PORTOLAN_PROVISION_SECRETS`.
    #[arg(long, env = "PORTOLAN_EXAMPLE_SECRET", hide_env_values = true)]
    pub(crate) secret: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Persons.
    #[command(subcommand, arg_required_else_help = true)]
    Person(AdminPerson),
    /// API tokens.
    #[command(subcommand, arg_required_else_help = true)]
    Token(AdminToken),
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminPerson {
    /// Create a person and print a one-time sign-in link.
    Create(PersonCreate),
}

#[derive(Debug, Args)]
pub(crate) struct PersonCreate {
    /// Short name, as in imke or j.okafor.
    #[arg(long)]
    pub(crate) handle: String,
    /// Full name.
    #[arg(long)]
    pub(crate) name: String,
    /// E-mail address.
    #[arg(long)]
    pub(crate) email: String,
    /// Make the person an admin.
    #[arg(long)]
    pub(crate) admin: bool,
    #[command(flatten)]
    pub(crate) store: Store,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminToken {
    /// Create an API token and print it, and nothing else, on standard output.
    Create(TokenCreate),
}

#[derive(Debug, Args)]
pub(crate) struct TokenCreate {
    /// Handle of the person whom the token stands for.
    #[arg(long, value_name = "HANDLE")]
    pub(crate) person: String,
    /// What it is for, as in "nightly import".
    #[arg(long)]
    pub(crate) name: String,
    /// What it allows, within what the person may.
    #[arg(long)]
    pub(crate) scope: TokenScope,
    #[command(flatten)]
    pub(crate) store: Store,
}

/// What a token allows.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum TokenScope {
    /// See what the person sees.
    Read,
    /// Also change what the person may change.
    Write,
    /// Also administer, if the person is an admin.
    Admin,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "they are switches of a command line")]
pub(crate) struct Apply {
    /// Files, folders (every .yaml, .yml and .json below them) or - for standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Name of the source these descriptors come from; a source owns the entities it brought in.
    #[arg(long, value_name = "NAME", default_value = "cli")]
    pub(crate) source: String,
    /// Say what would happen; change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// All or nothing: one rejected entity rejects all. Sent in one request.
    #[arg(long)]
    pub(crate) atomic: bool,
    /// Mark entities of this source that are not named here as orphaned. Sent in one request.
    #[arg(long)]
    pub(crate) prune: bool,
    /// Print only what was rejected and the summary.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) access: Access,
}

/// A running portal, and the way in.
#[derive(Debug, Args)]
pub(crate) struct Access {
    /// Address of the portal.
    #[arg(long, env = "PORTOLAN_URL", value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
    /// Token to send. Better given in the environment: other users of this machine can read a command line.
    #[arg(long, env = "PORTOLAN_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct OnCall {
    /// The service, or anything else of the catalog, by name or reference; with --team the slug of a team.
    #[arg(value_name = "NAME")]
    pub(crate) what: String,
    /// Ask for a team.
    #[arg(long)]
    pub(crate) team: bool,
    /// Ask for support instead of on-call.
    #[arg(long)]
    pub(crate) support: bool,
    /// Ask for another instant than now, like 2026-11-21T03:10:00Z.
    #[arg(long, value_name = "INSTANT")]
    pub(crate) at: Option<String>,
    /// Print the API's answer.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) access: Access,
}

#[derive(Debug, Args)]
pub(crate) struct ProvisioningRequest {
    /// Name of the offering.
    #[arg(value_name = "OFFERING")]
    pub(crate) offering: String,
    /// A parameter; may be given many times. Numbers, true, false, lists and objects are read as JSON.
    #[arg(short = 'p', long = "param", value_name = "KEY=VALUE")]
    pub(crate) params: Vec<String>,
    /// Slug of the team that it is for; your only team if absent.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) team: String,
    /// The service that it is for, by name or reference.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) service: String,
    /// Where it is used, as production.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) environment: String,
    /// Who pays.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) cost_centre: String,
    /// Why, for those who have to agree.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) reason: String,
    /// Stay until it is over.
    #[arg(long)]
    pub(crate) wait: bool,
    /// Seconds to stay at most.
    #[arg(long, value_name = "SECONDS", default_value_t = 1800)]
    pub(crate) timeout: u64,
    /// The same key again is the same request: for pipelines that repeat themselves.
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    #[command(flatten)]
    pub(crate) access: Access,
}

#[derive(Debug, Args)]
pub(crate) struct Jot {
    /// It in a line.
    #[arg(value_name = "SUMMARY")]
    pub(crate) summary: String,
    /// Slug of the team whose it is; your only team if absent.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) team: String,
    /// How it was. Markdown, as the next two.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) situation: String,
    /// What was done.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) action: String,
    /// What came of it.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) result: String,
    /// A figure, as in "p95 of the payment step: 3.8 -> 1.9 s"; may be given five times.
    #[arg(long = "number", value_name = "FIGURE")]
    pub(crate) numbers: Vec<Number>,
    /// What it is about in the catalog, by name or reference; may be given many times.
    #[arg(long, value_name = "REF")]
    pub(crate) about: Vec<String>,
    /// Slug of another team that it names; may be given many times.
    #[arg(long, value_name = "TEAM")]
    pub(crate) names: Vec<String>,
    /// Handle or e-mail address of somebody to credit; you if absent.
    #[arg(long = "credit", value_name = "PERSON")]
    pub(crate) credits: Vec<String>,
    /// What it is about.
    #[arg(long)]
    pub(crate) topic: Option<JotTopic>,
    /// It stays in the team.
    #[arg(long, conflicts_with = "up")]
    pub(crate) stays: bool,
    /// It may go up, and is not published.
    #[arg(long)]
    pub(crate) up: bool,
    #[command(flatten)]
    pub(crate) access: Access,
}

/// What an entry is about.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum JotTopic {
    /// Something that was set out to be done.
    Initiative,
    /// Who came, who grew, how people are.
    People,
    /// Keeping things running.
    Operations,
    /// A figure that moved.
    Metric,
}

impl JotTopic {
    /// The word that the API takes.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Initiative => "initiative",
            Self::People => "people",
            Self::Operations => "operations",
            Self::Metric => "metric",
        }
    }
}
