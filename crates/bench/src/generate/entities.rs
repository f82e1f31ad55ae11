//! The company written down, kind by kind.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Company, words};

const API_VERSION: &str = "backstage.io/v1alpha1";

impl Company {
    /// All entities, grouped by kind, in a fixed order.
    pub(super) fn entities(&mut self) -> Vec<Value> {
        let mut all = self.groups();
        all.extend(self.users());
        all.extend(self.domain_entities());
        all.extend(self.system_entities());
        all.extend(self.api_entities());
        all.extend(self.resource_entities());
        all.extend(self.service_entities());
        all
    }

    fn groups(&mut self) -> Vec<Value> {
        let root = entity(
            "Group",
            json!({"name": "example-org", "title": "Example Org", "description": "The whole organisation."}),
            json!({"type": "organization", "profile": {"displayName": "Example Org"}, "children": self.departments}),
        );
        let departments = self.departments.iter().enumerate().map(|(d, name)| {
            let children: Vec<&String> = self.teams.iter().skip(d).step_by(self.departments.len()).collect();
            entity(
                "Group",
                json!({"name": name, "title": title(name), "description": format!("Department {name}.")}),
                json!({"type": "department", "profile": {"displayName": title(name)}, "parent": "example-org", "children": children}),
            )
        });
        let mut groups: Vec<Value> = std::iter::once(root).chain(departments).collect();
        for t in 0..self.teams.len() {
            let description = self.description();
            let (name, department) = (&self.teams[t], &self.departments[t % self.departments.len()]);
            let profile = json!({"displayName": title(name), "email": format!("{name}@example.com")});
            groups.push(entity(
                "Group",
                json!({"name": name, "title": title(name), "description": description}),
                json!({"type": "team", "profile": profile, "parent": department, "children": []}),
            ));
        }
        groups
    }

    fn users(&mut self) -> Vec<Value> {
        let mut users = Vec::with_capacity(self.teams.len() * 5);
        for n in 0..self.teams.len() * 5 {
            let (first, last) = (self.rng.pick(words::FIRST_NAMES), self.rng.pick(words::LAST_NAMES));
            let name = format!("{first}.{last}.{n}");
            let display = format!("{} {}", capital(first), capital(last));
            let profile = json!({"displayName": display, "email": format!("{name}@example.com")});
            users.push(entity(
                "User",
                json!({"name": name}),
                json!({"profile": profile, "memberOf": [self.teams[n / 5]]}),
            ));
        }
        users
    }

    fn domain_entities(&mut self) -> Vec<Value> {
        let mut domains = Vec::with_capacity(self.domains.len());
        for d in 0..self.domains.len() {
            let metadata = self.metadata(&self.domains[d].clone(), 0);
            let owner = format!("group:{}", self.any(|c| &c.departments));
            domains.push(entity("Domain", metadata, json!({"owner": owner})));
        }
        domains
    }

    fn system_entities(&mut self) -> Vec<Value> {
        let mut systems = Vec::with_capacity(self.systems.len());
        for s in 0..self.systems.len() {
            let metadata = self.metadata(&self.systems[s].clone(), 2);
            let spec = json!({"owner": self.owner_of(s), "domain": self.domains[self.system_domain[s]]});
            systems.push(entity("System", metadata, spec));
        }
        systems
    }

    fn api_entities(&mut self) -> Vec<Value> {
        let mut apis = Vec::with_capacity(self.apis.len());
        for a in 0..self.apis.len() {
            let system = self.home_system(a, self.apis.len());
            let name = self.apis[a].clone();
            let metadata = self.metadata(&name, 3);
            let spec = json!({
                "type": self.rng.pick(words::API_TYPES),
                "lifecycle": self.rng.pick(words::LIFECYCLES),
                "owner": self.owner_of(system),
                "system": self.systems[system],
                "definition": self.definition(&name),
            });
            apis.push(entity("API", metadata, spec));
        }
        apis
    }

    fn resource_entities(&mut self) -> Vec<Value> {
        let mut resources = Vec::with_capacity(self.resources.len());
        for r in 0..self.resources.len() {
            let system = self.home_system(r, self.resources.len());
            let metadata = self.metadata(&self.resources[r].clone(), 2);
            let kind = self.rng.pick(words::RESOURCE_TYPES);
            let spec = json!({"type": kind, "owner": self.owner_of(system), "system": self.systems[system]});
            resources.push(entity("Resource", metadata, spec));
        }
        resources
    }

    fn service_entities(&mut self) -> Vec<Value> {
        (0..self.services.len()).map(|s| self.service(s)).collect()
    }

    fn service(&mut self, s: usize) -> Value {
        let name = self.services[s].clone();
        let system = (s / 10).min(self.systems.len() - 1);
        // A tenth of the services is owned by another team than the system's.
        let owner = if self.rng.chance(90) {
            self.owner_of(system)
        } else {
            format!("group:{}", self.any(|c| &c.teams))
        };
        let mut metadata = self.metadata(&name, 5);
        metadata["annotations"] = json!({
            "github.com/project-slug": format!("example/{name}"),
            "pagerduty.com/integration-key": format!("{:016x}", self.rng.next()),
            "example.com/cost-center": format!("cc-{}", 1000 + self.rng.below(100)),
            "backstage.io/techdocs-ref": "dir:.",
        });
        metadata["links"] = json!([
            {"url": format!("https://dash.example.com/{name}"), "title": "Dashboard", "icon": "dashboard"},
            {"url": format!("https://runbooks.example.com/{name}"), "title": "Runbook"},
        ]);
        let services = self.nearby(|c| &c.services, s, 2, Some(&name));
        let resources = self.nearby(|c| &c.resources, s, 1, None);
        let depends_on = services.iter().map(|c| format!("component:{c}"));
        let depends_on: Vec<String> =
            depends_on.chain(resources.iter().map(|r| format!("resource:{r}"))).collect();
        let provided = self.apis.get(s / 2).filter(|_| s.is_multiple_of(2)).cloned();
        let mut consumed = self.nearby(|c| &c.apis, s, 2, None);
        consumed.retain(|api| Some(api) != provided.as_ref());
        let mut spec = json!({
            "type": self.rng.pick(words::COMPONENT_TYPES),
            "lifecycle": self.rng.pick(words::LIFECYCLES),
            "owner": owner,
            "system": self.systems[system],
            "dependsOn": depends_on,
        });
        if let Some(api) = provided {
            spec["providesApis"] = json!([api]);
        }
        if !consumed.is_empty() {
            spec["consumesApis"] = json!(consumed);
        }
        entity("Component", metadata, spec)
    }

    fn metadata(&mut self, name: &str, tags: usize) -> Value {
        let description = self.description();
        let mut metadata = json!({"name": name, "title": title(name), "description": description});
        if tags > 0 {
            metadata["tags"] = json!(self.rng.sample(&self.tags, tags));
        }
        metadata
    }

    /// Twenty words on what it does.
    fn description(&mut self) -> String {
        let mut text = format!("This component {}", self.rng.pick(words::VERBS));
        while text.split(' ').count() < 20 {
            let rng = &mut self.rng;
            let [one, two] = [rng.pick(words::NOUNS), rng.pick(words::NOUNS)];
            let (filler, verb) = (rng.pick(words::FILLERS), rng.pick(words::VERBS));
            let _ = write!(text, " {one} {two} data {filler} and {verb}");
        }
        let words: Vec<&str> = text.split(' ').take(20).collect();
        format!("{}.", words.join(" "))
    }

    fn definition(&mut self, name: &str) -> String {
        let mut text = format!("openapi: 3.0.0\ninfo:\n  title: {}\n  version: 1.0.0\npaths:\n", title(name));
        for noun in self.rng.sample(words::NOUNS, 4) {
            let _ = write!(
                text,
                "  /{noun}:\n    get:\n      summary: List {noun} items\n      responses:\n        '200':\n          description: ok\n"
            );
        }
        text
    }

    /// Mostly picks from around the service's own place, sometimes from anywhere.
    fn nearby(
        &mut self,
        population: impl Fn(&Self) -> &Vec<String>,
        service: usize,
        count: usize,
        exclude: Option<&str>,
    ) -> Vec<String> {
        let size = population(self).len();
        let centre = service * size / self.size;
        let mut picks: Vec<String> = Vec::with_capacity(count);
        while picks.len() < count.min(size.saturating_sub(1)) {
            let i = if self.rng.chance(70) {
                (centre + size + self.rng.below(31) - 15.min(size)) % size
            } else {
                self.rng.below(size)
            };
            let name = &population(self)[i];
            if Some(name.as_str()) != exclude && !picks.contains(name) {
                picks.push(name.clone());
            }
        }
        picks
    }

    /// One of a population.
    fn any(&mut self, population: impl Fn(&Self) -> &Vec<String>) -> String {
        let i = self.rng.below(population(self).len());
        population(self)[i].clone()
    }

    fn home_system(&self, index: usize, total: usize) -> usize {
        (index * self.systems.len() / total).min(self.systems.len() - 1)
    }

    fn owner_of(&self, system: usize) -> String {
        format!("group:{}", self.teams[self.system_team[system]])
    }
}

#[expect(clippy::needless_pass_by_value, reason = "both are made for this call, and json! takes them over")]
fn entity(kind: &str, metadata: Value, spec: Value) -> Value {
    json!({"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec})
}

fn title(name: &str) -> String {
    name.split('-').map(capital).collect::<Vec<_>>().join(" ")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}
