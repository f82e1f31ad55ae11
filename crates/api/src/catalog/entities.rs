//! `/entities`: lists and single ones.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::{extract::Path, http::HeaderMap, response::Response};
use portolan_domain::{
    Cursor, Error, Limit,
    catalog::{self, Dimension, Entity, EntityRef, Filter, Kind, Sort},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::{EntityBody, FacetBody, ListingBody, SummaryBody};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, Params, paging},
    tag::{etag, tagged},
};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(by_refs))
}

/// Which entities. A parameter given several times is alternatives; different parameters narrow each other.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; they are read by `Asked::read`")]
struct Query {
    /// Exactly these, by reference; in this order, no other filter applies.
    r#ref: Vec<String>,
    /// `component`, `api`, `resource`, `system`, `domain`, `group`, `user`, `location`.
    kind: Vec<String>,
    /// `spec.type`.
    r#type: Vec<String>,
    /// A reference, a team's slug, or `none`.
    owner: Vec<String>,
    /// 0 to 3, or `none`.
    tier: Vec<String>,
    /// `spec.lifecycle`.
    lifecycle: Vec<String>,
    /// A tag.
    tag: Vec<String>,
    /// A system's reference or name.
    system: Vec<String>,
    /// A domain's reference or name.
    domain: Vec<String>,
    /// Only what you or one of your teams own.
    mine: Option<bool>,
    /// Only what nobody answers for.
    needs_owner: Option<bool>,
    /// Only what its source no longer names, or only the rest.
    orphaned: Option<bool>,
    /// Words in names, titles, descriptions, tags and owners, also mistyped.
    q: Option<String>,
    /// `name`, `tier`, `changed`, `updated`, `owner`; best match or name if absent.
    sort: Option<String>,
    /// Counts per choice to add: a comma-separated list of kind, type, owner, tier, lifecycle, tag, system, domain.
    facets: Option<String>,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A list as asked for.
#[derive(Debug, Default)]
struct Asked {
    refs: Vec<EntityRef>,
    filter: Filter,
    sort: Sort,
    facets: Vec<Dimension>,
    limit: Limit,
    after: Option<Cursor>,
}

impl Asked {
    fn read(pairs: Vec<(String, String)>) -> Result<Self, Error> {
        let mut asked = Self::default();
        let (mut limit, mut after) = (None, None);
        for (name, value) in pairs {
            match name.as_str() {
                "ref" => asked
                    .refs
                    .push(value.parse().map_err(|e: catalog::BadRef| Error::invalid("ref", e.to_string()))?),
                "sort" => asked.sort = value.parse()?,
                "facets" => {
                    asked.facets = value.split(',').map(|d| d.trim().parse()).collect::<Result<_, _>>()?;
                }
                "limit" => {
                    limit = Some(value.parse().map_err(|_| Error::invalid("limit", "must be a number"))?);
                }
                "after" => after = Some(value),
                other => {
                    if !asked.filter.add(other, &value)? {
                        return Err(Error::invalid(
                            other,
                            "is not a parameter of this list; /api/docs names them",
                        ));
                    }
                }
            }
        }
        (asked.limit, asked.after) = paging(limit, after)?;
        Ok(asked)
    }
}

/// Entities of all kinds, filtered, searched, counted.
#[utoipa::path(get, path = "/entities", tag = "catalog", params(Query), responses((status = 200, body = ListingBody)))]
async fn list(
    mut caller: Caller,
    Params(pairs): Params<Vec<(String, String)>>,
) -> Result<Json<ListingBody>, ApiError> {
    let asked = Asked::read(pairs)?;
    let cx = &mut caller.cx().await?;
    if !asked.refs.is_empty() {
        let items: Vec<SummaryBody> =
            catalog::by_refs(cx, &asked.refs).await?.into_iter().flatten().map(SummaryBody::from).collect();
        let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
        return Ok(Json(ListingBody {
            items,
            next: None,
            previous: None,
            total,
            total_is_lower_bound: false,
            mended: None,
            facets: Vec::new(),
        }));
    }
    let facets = if asked.facets.is_empty() {
        Vec::new()
    } else {
        catalog::facets(cx, &asked.filter, &asked.facets).await?
    };
    let found = catalog::list(cx, &asked.filter, asked.sort, asked.after, asked.limit).await?;
    Ok(Json(ListingBody {
        items: found.items.into_iter().map(SummaryBody::from).collect(),
        next: found.next.map(|n| n.as_str().to_owned()),
        previous: found.previous.map(|p| p.as_str().to_owned()),
        total: found.total,
        total_is_lower_bound: found.total_is_lower_bound,
        mended: found.mended,
        facets: facets.into_iter().map(FacetBody::from).collect(),
    }))
}

/// The parts of an entity's address.
pub(super) type Address = Path<(String, String, String)>;

/// The reference that an address names.
pub(super) fn reference(Path((kind, namespace, name)): Address) -> Result<EntityRef, Error> {
    let kind: Kind = kind.parse()?;
    Ok(EntityRef::new(kind.as_str(), &namespace, &name))
}

/// The tag of an entity: its version, and what else its representation shows.
pub(super) fn tag_of(entity: &Entity) -> String {
    let mut more = DefaultHasher::new();
    entity.last_change_at.hash(&mut more);
    entity.owner.hash(&mut more);
    entity.domain.hash(&mut more);
    entity.origin.as_ref().map(|o| o.applied_at).hash(&mut more);
    etag(entity.version, format_args!("{:x}", more.finish()))
}

/// One entity with its descriptor.
#[utoipa::path(get, path = "/entities/{kind}/{namespace}/{name}", tag = "catalog",
    params(("kind", description = "component, api, …"), ("namespace", description = "`default` for most"), ("name", description = "its name")),
    responses((status = 200, body = EntityBody), (status = 304, description = "the same as the tag in If-None-Match"), (status = 404, body = crate::error::ProblemBody)))]
async fn get(mut caller: Caller, address: Address, headers: HeaderMap) -> Result<Response, ApiError> {
    let reference = reference(address)?;
    let entity = catalog::get(&mut caller.cx().await?, &reference).await?;
    let tag = tag_of(&entity);
    Ok(tagged(&headers, &tag, Json(EntityBody::from(entity))))
}

/// References to look up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Refs {
    /// At most 200.
    refs: Vec<String>,
}

/// What was found, in the order asked for.
#[derive(Debug, Serialize, ToSchema)]
struct Found {
    /// Null where there is no such entity.
    items: Vec<Option<SummaryBody>>,
}

/// Many entities by reference, in the order asked for.
#[utoipa::path(post, path = "/entities/by-refs", tag = "catalog", request_body = Refs, responses((status = 200, body = Found)))]
async fn by_refs(mut caller: Caller, Body(body): Body<Refs>) -> Result<Json<Found>, ApiError> {
    let refs: Result<Vec<EntityRef>, Error> = body
        .refs
        .iter()
        .enumerate()
        .map(|(n, r)| {
            r.parse().map_err(|e: catalog::BadRef| Error::invalid(format!("refs[{n}]"), e.to_string()))
        })
        .collect();
    let found = catalog::by_refs(&mut caller.cx().await?, &refs?).await?;
    Ok(Json(Found { items: found.into_iter().map(|s| s.map(SummaryBody::from)).collect() }))
}
