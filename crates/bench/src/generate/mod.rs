//! A plausible company of any size, the same one every time.
//!
//! The catalog has an organisation in three levels (organisation, departments, teams), people, domains, systems, APIs,
//! resources and services (kind Component), linked by ownership, membership, dependency and API relations. For
//! N services: ⌈N/20⌉ teams of 5 people, ⌈N/100⌉ domains, ⌈N/10⌉ systems, N/2 APIs, 7N/10 resources. A service has
//! an owner, a type, a lifecycle, a system, three dependencies, APIs provided and consumed, five of two hundred tags,
//! four annotations, two links and a description of twenty words. Links are clustered: mostly to neighbours,
//! sometimes anywhere, as in a real company.

mod entities;
mod rng;
mod words;
mod yaml;

use std::collections::HashSet;

use serde_json::Value;

use rng::Rng;

/// Seed of the published figures.
pub(crate) const SEED: u64 = 1;
/// Tags in use over the whole catalog.
const TAGS: usize = 200;

/// One generated catalog.
#[derive(Debug)]
pub(crate) struct Catalog {
    /// Entities, in the order people, structure, services; grouped by kind.
    pub(crate) entities: Vec<Value>,
    /// Names of the services, in order.
    pub(crate) services: Vec<String>,
    /// Names of the teams, in order.
    pub(crate) teams: Vec<String>,
    /// All tags, in order.
    pub(crate) tags: Vec<String>,
}

impl Catalog {
    /// The catalog with this many services.
    pub(crate) fn new(services: usize, seed: u64) -> Self {
        let mut company = Company::new(services, seed);
        let entities = company.entities();
        Self { entities, services: company.services, teams: company.teams, tags: company.tags }
    }

    /// The catalog as YAML, cut into files of at most `per_file` documents.
    pub(crate) fn files(&self, per_file: usize) -> Vec<String> {
        self.entities.chunks(per_file).map(document).collect()
    }
}

fn document(entities: &[Value]) -> String {
    let mut out = String::with_capacity(entities.len() * 1200);
    for (n, entity) in entities.iter().enumerate() {
        if n > 0 {
            out.push_str("---\n");
        }
        yaml::write(entity, &mut out);
    }
    out
}

/// The names and the structure, before they are written down as entities.
#[derive(Debug)]
struct Company {
    size: usize,
    rng: Rng,
    tags: Vec<String>,
    departments: Vec<String>,
    teams: Vec<String>,
    domains: Vec<String>,
    systems: Vec<String>,
    apis: Vec<String>,
    resources: Vec<String>,
    services: Vec<String>,
    /// Owning team of each system.
    system_team: Vec<usize>,
    /// Domain of each system.
    system_domain: Vec<usize>,
}

impl Company {
    fn new(size: usize, seed: u64) -> Self {
        let mut rng = Rng::new(seed, size as u64);
        let team_count = size.div_ceil(20);
        let department_count = team_count.div_ceil(8).clamp(2, words::DEPARTMENTS.len());
        let teams = names(&mut rng, team_count, |[a, n, _]| format!("team-{a}-{n}"));
        let domains = names(&mut rng, size.div_ceil(100), |[_, n, _]| format!("{n}-domain"));
        let systems = names(&mut rng, size.div_ceil(10), |[a, n, _]| format!("{a}-{n}-system"));
        let apis = names(&mut rng, size / 2, |[a, n, _]| format!("{a}-{n}-api"));
        let resources = names(&mut rng, size * 7 / 10, |[a, n, _]| format!("{a}-{n}-store"));
        let services = names(&mut rng, size, |[a, n, m]| format!("{a}-{n}-{m}"));
        let system_team = systems.iter().map(|_| rng.below(team_count)).collect();
        let system_domain = systems.iter().map(|_| rng.below(domains.len())).collect();
        Self {
            size,
            rng,
            tags: tags(),
            departments: words::DEPARTMENTS[..department_count].iter().map(|d| format!("dept-{d}")).collect(),
            teams,
            domains,
            systems,
            apis,
            resources,
            services,
            system_team,
            system_domain,
        }
    }
}

fn tags() -> Vec<String> {
    let all = words::TAG_SUFFIXES
        .iter()
        .flat_map(|end| words::TAG_STEMS.iter().map(move |stem| format!("{stem}{end}")));
    all.take(TAGS).collect()
}

/// `count` different names; a name that comes up twice gets a number.
fn names(rng: &mut Rng, count: usize, form: impl Fn([&str; 3]) -> String) -> Vec<String> {
    let mut seen = HashSet::with_capacity(count);
    let mut names = Vec::with_capacity(count);
    while names.len() < count {
        let mut name = form([rng.pick(words::ADJECTIVES), rng.pick(words::NOUNS), rng.pick(words::NOUNS)]);
        if seen.contains(&name) {
            name = format!("{name}-{}", names.len());
        }
        seen.insert(name.clone());
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use serde_json::Value;

    use super::{Catalog, SEED};

    fn counts(catalog: &Catalog) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for entity in &catalog.entities {
            *counts.entry(entity["kind"].as_str().unwrap()).or_default() += 1;
        }
        counts
    }

    #[test]
    fn a_thousand_services_make_2618_entities() {
        let catalog = Catalog::new(1000, SEED);
        assert_eq!(catalog.entities.len(), 2618);
        let expected = [
            ("API", 500),
            ("Component", 1000),
            ("Domain", 10),
            ("Group", 58),
            ("Resource", 700),
            ("System", 100),
            ("User", 250),
        ];
        assert_eq!(counts(&catalog), BTreeMap::from(expected));
    }

    #[test]
    fn ten_thousand_services_make_26121_entities() {
        let catalog = Catalog::new(10_000, SEED);
        assert_eq!(catalog.entities.len(), 26_121);
        assert_eq!(counts(&catalog)["Group"], 521);
        assert_eq!(catalog.tags.len(), 200);
    }

    #[test]
    fn it_is_the_same_every_time() {
        let [one, two] = [(); 2].map(|()| Catalog::new(200, SEED).files(100));
        assert_eq!(one, two);
        assert_ne!(one, Catalog::new(200, SEED + 1).files(100));
        // The figures in the documentation are of this very catalog: a change here makes them incomparable.
        let digest = one
            .concat()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        assert_eq!(format!("{digest:016x}"), "d8b2b2f647017c1d");
    }

    #[test]
    fn a_service_is_complete_and_every_reference_exists() {
        let catalog = Catalog::new(1000, SEED);
        let known: HashSet<String> = catalog.entities.iter().map(reference).collect();
        assert_eq!(known.len(), catalog.entities.len(), "names are unique within their kind");
        let services: Vec<&Value> = catalog.entities.iter().filter(|e| e["kind"] == "Component").collect();
        for service in services {
            let (metadata, spec) = (&service["metadata"], &service["spec"]);
            assert_eq!(metadata["tags"].as_array().unwrap().len(), 5);
            assert_eq!(metadata["annotations"].as_object().unwrap().len(), 4);
            assert_eq!(metadata["links"].as_array().unwrap().len(), 2);
            assert_eq!(metadata["description"].as_str().unwrap().split(' ').count(), 20);
            assert_eq!(spec["dependsOn"].as_array().unwrap().len(), 3);
            let mut refs: Vec<String> = strings(&spec["dependsOn"]);
            refs.extend(strings(&spec["providesApis"]).iter().map(|a| format!("api:{a}")));
            refs.extend(strings(&spec["consumesApis"]).iter().map(|a| format!("api:{a}")));
            refs.push(format!("system:{}", spec["system"].as_str().unwrap()));
            refs.push(spec["owner"].as_str().unwrap().to_owned());
            for r in refs {
                assert!(known.contains(&r), "{r} of {} exists", metadata["name"]);
            }
        }
    }

    #[test]
    fn links_stay_mostly_in_the_neighbourhood() {
        let catalog = Catalog::new(1000, SEED);
        let place = |name: &str| catalog.services.iter().position(|s| s == name).unwrap();
        let mut near = 0;
        let mut all = 0;
        for service in catalog.entities.iter().filter(|e| e["kind"] == "Component") {
            let here = place(service["metadata"]["name"].as_str().unwrap());
            for r in strings(&service["spec"]["dependsOn"]) {
                let Some(there) = r.strip_prefix("component:").map(place) else { continue };
                all += 1;
                near += usize::from(here.abs_diff(there) <= 15);
            }
        }
        assert_eq!(all, 2000);
        assert!((1300..1600).contains(&near), "{near} of {all}");
    }

    fn reference(entity: &Value) -> String {
        format!(
            "{}:{}",
            entity["kind"].as_str().unwrap().to_lowercase(),
            entity["metadata"]["name"].as_str().unwrap()
        )
    }

    fn strings(list: &Value) -> Vec<String> {
        list.as_array().into_iter().flatten().map(|v| v.as_str().unwrap().to_owned()).collect()
    }
}
