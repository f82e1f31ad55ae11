//! Those who keep repositories: GitHub, GitLab, Gitea (and Forgejo), asked through their APIs; and the operator's own folder.

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use portolan_domain::provisioning::Repository;

use super::{
    git::Git,
    input::{Create, Provider, Visibility, offering},
    no_room,
    remote::{Remote, listed, origin},
};
use crate::{
    Undelivered,
    executors::{Attempt, Equipment, Failed, Hidden},
    fault,
    guard::{self, Outside},
};

/// Largest answer that is read.
const ANSWER: usize = 2 << 20;
/// The setting of a repository in a folder that says what made it.
pub(super) const MADE_BY: &str = "portolan.key";

/// One repository at one of them.
pub(super) struct Api {
    provider: Provider,
    base: String,
    host: String,
    token: Option<Hidden>,
    outside: Outside,
    repository: Repository,
    mark: String,
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pull {
    pub(super) number: u64,
    pub(super) url: String,
    pub(super) open: bool,
    pub(super) merged: bool,
}

/// The repository to push to, which this step makes or made. What is there already is somebody else's, and nothing goes into it.
pub(super) async fn create(
    attempt: &Attempt,
    git: &Git,
    create: &Create,
    branch: &str,
) -> Result<Remote, Failed> {
    if create.provider == Provider::Folder {
        return in_folder(attempt, git, &create.repository).await;
    }
    let api = Api::of(attempt, create.provider, &create.repository, create.api.as_deref())?;
    let remote = api.remote(&attempt.equipment)?;
    if let Some(there) = api.repository().await? {
        let pushed = async || Ok(git.tip(&remote, branch).await?.is_some_and(|tip| tip.bears_key));
        return if api.is_own(attempt, &there) || pushed().await? { Ok(remote) } else { Err(taken(&remote)) };
    }
    attempt.log.say(&format!("making the repository {}", remote.shown()));
    api.create(create, &marked(create.description.as_deref().unwrap_or_default(), attempt)).await?;
    fault::point("git.repository-made");
    // somebody may change its description, by which it is known until now
    attempt.keep.note(json!({ "url": remote.shown(), "created": true })).await?;
    Ok(remote)
}

fn taken(remote: &Remote) -> Failed {
    Failed::input(
        format!("There is a repository {} already, which this request did not make.", remote.shown()),
        "Choose another name.",
    )
}

/// A description that says which step made it: the only thing that every provider keeps.
fn marked(description: &str, attempt: &Attempt) -> String {
    let plain: String = description.chars().map(|c| if c.is_control() { ' ' } else { c }).take(250).collect();
    format!("{} ({})", plain.trim(), mark(attempt)).trim().to_owned()
}

/// What says of something that this very step made it.
fn mark(attempt: &Attempt) -> String {
    format!("Portolan {}", attempt.key)
}

/// Made beside its place and moved there whole, so that nobody ever finds half of it.
async fn in_folder(attempt: &Attempt, git: &Git, place: &str) -> Result<Remote, Failed> {
    let remote = Remote::of_folder(place, &attempt.equipment)?;
    let path = remote.folder.clone().ok_or_else(|| offering("names a repository that is no folder"))?;
    let key = attempt.key.to_string();
    if path.exists() {
        let made_by = git.local(&path, &["config", "--get", "--default=", MADE_BY]).await?;
        return if made_by.trim() == key { Ok(remote) } else { Err(taken(&remote)) };
    }
    attempt.log.say(&format!("making the repository {place}"));
    let parent = path.parent().ok_or_else(|| offering("names a repository that is no folder"))?;
    std::fs::create_dir_all(parent).map_err(|e| no_room(&e))?;
    // under a name of the step's own: whoever died at it is gone on with, and leaves nothing lying about
    let beside = parent.join(format!(".new-{key}"));
    std::fs::create_dir_all(&beside).map_err(|e| no_room(&e))?;
    git.local(&beside, &["init", "-q", "--bare", "--initial-branch=main"]).await?;
    git.local(&beside, &["config", MADE_BY, &key]).await?;
    fault::point("git.repository-begun");
    std::fs::rename(&beside, &path).map_err(|e| no_room(&e).once_more())?;
    fault::point("git.repository-made");
    Ok(remote)
}

impl Api {
    /// The repository at an address, and the API that knows it. The token of a host goes to that host alone.
    pub(super) fn of(
        attempt: &Attempt,
        provider: Provider,
        repository: &str,
        api: Option<&str>,
    ) -> Result<Self, Failed> {
        let repository = Repository::read(repository)
            .map_err(|why| Failed::input(format!("{why}."), "Write it as HOST/OWNER/NAME and try again."))?;
        let at = repository.origin();
        let base = match (api, provider) {
            (Some(given), _) => given.trim_end_matches('/').to_owned(),
            (None, Provider::Github) if repository.host == "github.com" => "https://api.github.com".into(),
            (None, Provider::Github) => format!("{at}/api/v3"),
            (None, Provider::Gitlab) => format!("{at}/api/v4"),
            (None, Provider::Gitea) => format!("{at}/api/v1"),
            (None, Provider::Folder) => {
                return Err(offering(
                    "asks for a pull request in a folder; only GitHub, GitLab and Gitea have them",
                ));
            }
        };
        let own = base == "https://api.github.com" && repository.host == "github.com";
        let asked = Url::parse(if own { &at } else { &base });
        let asked = asked.map_err(|_| offering("names an API that is no address"))?;
        let token = listed(&asked, &attempt.equipment)?.token().map(Hidden::new);
        if let Some(token) = &token {
            attempt.log.hide(token.reveal());
        }
        let host = origin(&asked);
        Ok(Self {
            provider,
            base,
            host,
            token,
            outside: attempt.equipment.outside.clone(),
            repository,
            mark: mark(attempt),
        })
    }

    pub(super) fn remote(&self, equipment: &Equipment) -> Result<Remote, Failed> {
        Remote::of_url(&format!("{}/{}.git", self.repository.origin(), self.repository.slug()), equipment)
    }

    /// The path of the repository in the API.
    fn path(&self) -> String {
        match self.provider {
            Provider::Gitlab => format!("/projects/{}", encoded(&self.repository.slug())),
            _ => format!("/repos/{}", self.repository.slug()),
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<(u16, Value), Failed> {
        let told = |undelivered: Undelivered| match undelivered {
            Undelivered::Passing(why) => Failed::outside(
                format!("The API of {} cannot be asked: {why}.", self.host),
                "Try again later.",
            ),
            Undelivered::Lasting(why) => Failed::platform(
                format!("The API of {} cannot be asked: {why}.", self.host),
                "The operator looks at the address and at what the portal may reach.",
            ),
        };
        let mut request = self.outside.request(method, &format!("{}{path}", self.base)).map_err(told)?;
        request = request.header("accept", "application/json");
        if let Some(token) = self.token.as_ref().map(Hidden::reveal) {
            request = match self.provider {
                Provider::Gitlab => request.header("private-token", token),
                Provider::Gitea => request.header("authorization", format!("token {token}")),
                _ => request
                    .header("authorization", format!("Bearer {token}"))
                    .header("x-github-api-version", "2022-11-28"),
            };
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.map_err(|e| told(guard::failure(e)))?;
        let status = response.status().as_u16();
        let body = guard::body(response, ANSWER).await.map_err(told)?;
        let value = serde_json::from_slice(&body).unwrap_or_default();
        match status {
            401 | 403 => Err(Failed::platform(
                format!(
                    "The API of {} refuses what the portal asks ({status}): {}.",
                    self.host,
                    said(&value)
                ),
                format!("The operator looks at the token for {} and at what it may do.", self.host),
            )),
            408 | 425 | 429 | 500.. => Err(Failed::outside(
                format!("The API of {} answers {status}: {}.", self.host, said(&value)),
                "Try again later; if it stays so, ask who runs it.",
            )),
            _ => Ok((status, value)),
        }
    }

    /// What the provider knows of the repository; none if there is none.
    pub(super) async fn repository(&self) -> Result<Option<Value>, Failed> {
        match self.ask(Method::GET, &self.path(), None).await? {
            (200, known) => Ok(Some(known)),
            (404, _) => Ok(None),
            (status, value) => Err(self.unexpected(status, &value)),
        }
    }

    /// Whether this very step made it: a repository or a pull request.
    pub(super) fn is_made(&self, known: &Value) -> bool {
        let texts = [&known["description"], &known["body"]];
        texts.into_iter().filter_map(Value::as_str).any(|text| text.contains(&self.mark))
    }

    /// The same, also after somebody changed the description by which it is known: this step wrote down that it made it.
    pub(super) fn is_own(&self, attempt: &Attempt, known: &Value) -> bool {
        let noted = attempt.effect.as_ref().is_some_and(|effect| effect["created"] == true);
        noted || self.is_made(known)
    }

    async fn create(&self, create: &Create, description: &str) -> Result<(), Failed> {
        let visibility = create.visibility.unwrap_or(Visibility::Private);
        let word = match visibility {
            Visibility::Private => "private",
            Visibility::Internal => "internal",
            Visibility::Public => "public",
        };
        let (owner, name) = (&self.repository.owner, &self.repository.name);
        if self.provider == Provider::Gitlab {
            let (status, group) =
                self.ask(Method::GET, &format!("/namespaces/{}", encoded(owner)), None).await?;
            let id = group["id"].as_u64().filter(|_| status == 200).ok_or_else(|| self.nobody(owner))?;
            let body = json!({
                "name": name, "path": name, "namespace_id": id, "visibility": word, "description": description,
                "initialize_with_readme": false,
            });
            return self.made(self.ask(Method::POST, "/projects", Some(body)).await?);
        }
        let mut body = json!({
            "name": name, "description": description, "private": visibility != Visibility::Public, "auto_init": false,
        });
        if self.provider == Provider::Github && visibility == Visibility::Internal {
            body["visibility"] = word.into();
        }
        let of_organisation =
            self.ask(Method::POST, &format!("/orgs/{owner}/repos"), Some(body.clone())).await?;
        if of_organisation.0 != 404 {
            return self.made(of_organisation);
        }
        // a person's own, if the token is theirs
        let (_, me) = self.ask(Method::GET, "/user", None).await?;
        if !me["login"].as_str().is_some_and(|login| login.eq_ignore_ascii_case(owner)) {
            return Err(self.nobody(owner));
        }
        self.made(self.ask(Method::POST, "/user/repos", Some(body)).await?)
    }

    fn made(&self, (status, value): (u16, Value)) -> Result<(), Failed> {
        match status {
            200 | 201 => Ok(()),
            409 | 422 => Err(Failed::input(
                format!(
                    "{} does not make the repository {}: {}.",
                    self.host,
                    self.repository.slug(),
                    said(&value)
                ),
                "Choose another name, or change what it says.",
            )),
            _ => Err(self.unexpected(status, &value)),
        }
    }

    fn nobody(&self, owner: &str) -> Failed {
        Failed::input(
            format!("{} knows no organisation {owner} in which the portal may make repositories.", self.host),
            "Look at the name; if it is right, the operator looks at the token.",
        )
    }

    fn unexpected(&self, status: u16, value: &Value) -> Failed {
        Failed::outside(
            format!("The API of {} answers {status}: {}.", self.host, said(value)),
            "The team of the offering looks at the address of the repository.",
        )
    }

    /// How many commits it has, up to two.
    pub(super) async fn commits(&self) -> Result<usize, Failed> {
        let path = match self.provider {
            Provider::Gitlab => format!("{}/repository/commits?per_page=2&all=true", self.path()),
            Provider::Gitea => format!("{}/commits?limit=2", self.path()),
            _ => format!("{}/commits?per_page=2", self.path()),
        };
        match self.ask(Method::GET, &path, None).await? {
            (200, commits) => Ok(commits.as_array().map_or(0, Vec::len)),
            (404 | 409, _) => Ok(0), // it is empty
            (status, value) => Err(self.unexpected(status, &value)),
        }
    }

    pub(super) async fn delete(&self) -> Result<(), Failed> {
        match self.ask(Method::DELETE, &self.path(), None).await? {
            (200..=299 | 404, _) => Ok(()),
            (status, value) => Err(self.unexpected(status, &value)),
        }
    }

    /// The pull request from this branch into that which this step opened; none if it opened none.
    pub(super) async fn pull(&self, branch: &str, base: &str) -> Result<Option<Pull>, Failed> {
        let (path, owner) = (self.path(), &self.repository.owner);
        let path = match self.provider {
            Provider::Gitlab => {
                format!(
                    "{path}/merge_requests?state=all&source_branch={}&target_branch={}",
                    encoded(branch),
                    encoded(base)
                )
            }
            Provider::Gitea => format!("{path}/pulls/{}/{}", encoded(base), encoded(branch)),
            _ => format!("{path}/pulls?state=all&head={owner}:{}&base={}", encoded(branch), encoded(base)),
        };
        match self.ask(Method::GET, &path, None).await? {
            (200, Value::Array(pulls)) => {
                pulls.iter().find(|pull| self.is_made(pull)).map(|pull| self.read(pull)).transpose()
            }
            (200, pull) if self.is_made(&pull) => self.read(&pull).map(Some),
            (200 | 404, _) => Ok(None),
            (status, value) => Err(self.unexpected(status, &value)),
        }
    }

    pub(super) async fn open_pull(
        &self,
        branch: &str,
        base: &str,
        title: &str,
        body: &str,
    ) -> Result<Pull, Failed> {
        let body = format!("{body}\n\n{}", self.mark);
        let body = body.trim_start();
        let (path, given) = match self.provider {
            Provider::Gitlab => (
                "merge_requests",
                json!({ "source_branch": branch, "target_branch": base, "title": title, "description": body }),
            ),
            _ => ("pulls", json!({ "head": branch, "base": base, "title": title, "body": body })),
        };
        match self.ask(Method::POST, &format!("{}/{path}", self.path()), Some(given)).await? {
            (200 | 201, pull) => self.read(&pull),
            (409 | 422, value) => Err(Failed::input(
                format!("{} does not take the pull request: {}.", self.host, said(&value)),
                "Change what it says and try again.",
            )),
            (status, value) => Err(self.unexpected(status, &value)),
        }
    }

    pub(super) async fn close_pull(&self, number: u64) -> Result<(), Failed> {
        let (method, path, given) = match self.provider {
            Provider::Gitlab => (Method::PUT, "merge_requests", json!({ "state_event": "close" })),
            _ => (Method::PATCH, "pulls", json!({ "state": "closed" })),
        };
        match self.ask(method, &format!("{}/{path}/{number}", self.path()), Some(given)).await? {
            (200..=299 | 404, _) => Ok(()),
            (status, value) => Err(self.unexpected(status, &value)),
        }
    }

    fn read(&self, pull: &Value) -> Result<Pull, Failed> {
        let (number, url) = match self.provider {
            Provider::Gitlab => (&pull["iid"], &pull["web_url"]),
            _ => (&pull["number"], &pull["html_url"]),
        };
        let state = pull["state"].as_str().unwrap_or_default();
        let merged = state == "merged" || pull["merged"] == true || pull["merged_at"].is_string();
        match (number.as_u64(), url.as_str()) {
            (Some(number), Some(url)) => {
                Ok(Pull { number, url: url.to_owned(), open: matches!(state, "open" | "opened"), merged })
            }
            _ => Err(self.unexpected(200, pull)),
        }
    }
}

/// As a part of a path: a slash is part of it.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// What an answer says went wrong, in a line.
fn said(value: &Value) -> String {
    let mut words = Vec::new();
    for key in ["message", "error", "errors"] {
        match &value[key] {
            Value::Null => {}
            Value::String(text) => words.push(text.clone()),
            other => words.push(other.to_string()),
        }
    }
    let text = if words.is_empty() { "it says no more".to_owned() } else { words.join(": ") };
    text.chars().filter(|c| !c.is_control()).take(300).collect::<String>().trim_end_matches('.').to_owned()
}
