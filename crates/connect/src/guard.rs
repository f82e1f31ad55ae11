//! The way out. Addresses that people type are asked from inside the company's network, where much answers that nobody
//! outside should reach: the cloud's metadata, a database, this portal itself. So a name is resolved once, refused if any
//! of its addresses is not a public one, and connected to at exactly the addresses that were looked at; redirects are not
//! followed, proxies not asked, answers not read beyond a limit, and every wait ends.
//!
//! An operator lets internal hosts through by name, address or network (`PORTOLAN_FETCH_ALLOW`).

use std::{
    error::Error as _,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use reqwest::{
    Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use url::{Host, Url};

use crate::Undelivered;

/// For the whole exchange, and before it for the connection.
const PATIENCE: Duration = Duration::from_secs(20);
const CONNECTING: Duration = Duration::from_secs(5);

/// What an operator lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// A host by its name, lower-case.
    Host(String),
    /// An address, or all that share its first bits.
    Net(IpAddr, u8),
}

impl FromStr for Allowed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no host name, address or network like 10.2.0.0/16");
        if let Some((address, bits)) = text.split_once('/') {
            let address: IpAddr = address.parse().map_err(|_| wrong())?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.parse().ok().filter(|bits| *bits <= most).ok_or_else(wrong)?;
            return Ok(Self::Net(address, bits));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Net(address, if address.is_ipv4() { 32 } else { 128 }));
        }
        match Host::parse(text) {
            Ok(Host::Domain(name)) if name.len() <= 253 => Ok(Self::Host(name.to_ascii_lowercase())),
            _ => Err(wrong()),
        }
    }
}

impl Allowed {
    fn has(&self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::Net(IpAddr::V4(net), bits), IpAddr::V4(address)) => {
                same_start(u128::from(net.to_bits()) << 96, u128::from(address.to_bits()) << 96, *bits)
            }
            (Self::Net(IpAddr::V6(net), bits), IpAddr::V6(address)) => {
                same_start(net.to_bits(), address.to_bits(), *bits)
            }
            _ => false,
        }
    }
}

fn same_start(a: u128, b: u128, bits: u8) -> bool {
    bits == 0 || (a ^ b) >> (128 - u32::from(bits)) == 0
}

/// Why an address is not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    host: String,
    address: IpAddr,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} leads to the internal address {}, which is not asked; the operator may allow it with PORTOLAN_FETCH_ALLOW",
            self.host, self.address
        )
    }
}

impl std::error::Error for Refused {}

/// Who may be asked.
#[derive(Debug, Clone, Default)]
struct Guard {
    allowed: Arc<[Allowed]>,
}

impl Guard {
    fn check(&self, host: &str, address: IpAddr) -> Result<(), Refused> {
        if is_public(address) || self.allowed.iter().any(|a| a.has(address.to_canonical())) {
            return Ok(());
        }
        Err(Refused { host: host.to_owned(), address })
    }

    fn lets_name_through(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.allowed.iter().any(|a| matches!(a, Allowed::Host(name) if *name == host))
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let host = name.as_str();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
            if !guard.lets_name_through(host) {
                for address in &found {
                    guard.check(host, address.ip())?;
                }
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// A client that asks only who may be asked.
#[derive(Debug, Clone)]
pub struct Outside {
    client: Client,
    guard: Guard,
}

impl Outside {
    /// With what the operator lets through besides public addresses.
    pub fn new(allowed: Vec<Allowed>) -> Result<Self, reqwest::Error> {
        let guard = Guard { allowed: allowed.into() };
        let client = Client::builder()
            .user_agent(concat!("Portolan/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(guard.clone()))
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECTING)
            .timeout(PATIENCE)
            .pool_max_idle_per_host(4)
            .build()?;
        Ok(Self { client, guard })
    }

    /// A request to an address, if it may be asked. A host that is an address is looked at here, for nobody resolves it.
    pub(crate) fn request(
        &self,
        method: reqwest::Method,
        address: &str,
    ) -> Result<reqwest::RequestBuilder, Undelivered> {
        let url = Url::parse(address).map_err(|_| Undelivered::Lasting("it is no address".into()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Undelivered::Lasting("its address does not begin with https:// or http://".into()));
        }
        let literal = match url.host() {
            Some(Host::Ipv4(v4)) => Some(IpAddr::V4(v4)),
            Some(Host::Ipv6(v6)) => Some(IpAddr::V6(v6)),
            Some(Host::Domain(_)) => None,
            None => return Err(Undelivered::Lasting("its address has no host".into())),
        };
        if let Some(address) = literal {
            self.guard
                .check(url.host_str().unwrap_or_default(), address)
                .map_err(|refused| Undelivered::Lasting(refused.to_string()))?;
        }
        Ok(self.client.request(method, url))
    }
}

/// What a failed exchange means. The address itself is a secret and not repeated.
pub(crate) fn failure(error: reqwest::Error) -> Undelivered {
    let error = error.without_url();
    let mut cause = error.source();
    let mut last = error.to_string();
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<Refused>() {
            return Undelivered::Lasting(refused.to_string());
        }
        last = inner.to_string();
        cause = inner.source();
    }
    if error.is_timeout() {
        return Undelivered::Passing("it did not answer in time".into());
    }
    Undelivered::Passing(format!("it could not be reached: {last}"))
}

/// The body, as long as it is not larger than `most`.
pub(crate) async fn body(mut response: Response, most: usize) -> Result<Vec<u8>, Undelivered> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failure)? {
        if body.len() + chunk.len() > most {
            return Err(Undelivered::Lasting(format!("its answer is larger than {} kB", most / 1024)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whether an address is one that anybody on the internet may ask.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// All but what IANA's registry of special-purpose addresses keeps for other things.
fn is_public_v4(address: Ipv4Addr) -> bool {
    const SPECIAL: [([u8; 4], u8); 15] = [
        ([0, 0, 0, 0], 8),
        ([10, 0, 0, 0], 8),
        ([100, 64, 0, 0], 10),
        ([127, 0, 0, 0], 8),
        ([169, 254, 0, 0], 16), // link-local; the metadata of clouds
        ([172, 16, 0, 0], 12),
        ([192, 0, 0, 0], 24),
        ([192, 0, 2, 0], 24),
        ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16),
        ([198, 18, 0, 0], 15),
        ([198, 51, 100, 0], 24),
        ([203, 0, 113, 0], 24),
        ([224, 0, 0, 0], 4), // multicast
        ([240, 0, 0, 0], 4), // reserved, and broadcast
    ];
    let kept =
        |(net, bits): &([u8; 4], u8)| Allowed::Net(IpAddr::V4((*net).into()), *bits).has(address.into());
    !SPECIAL.iter().any(kept)
}

/// Only what is handed out (`2000::/3`), and of that not what stands for an IPv4 address or is kept for other things.
fn is_public_v6(address: Ipv6Addr) -> bool {
    const SPECIAL: [(Ipv6Addr, u8); 4] = [
        (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocols: Teredo, ORCHID, …
        (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
        (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4: an IPv4 address inside
        (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    ];
    if let Some(v4) = address.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let within = |net: Ipv6Addr, bits| same_start(net.to_bits(), address.to_bits(), bits);
    within(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)
        && !SPECIAL.iter().any(|(net, bits)| within(*net, *bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(allowed: &[&str]) -> Guard {
        Guard { allowed: allowed.iter().map(|a| a.parse().unwrap()).collect() }
    }

    #[test]
    fn only_public_addresses_are_asked() {
        for inside in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.9",
            "169.254.169.254",
            "169.254.170.2",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.170",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "2606:4700::1111",
            "2a00:1450:4001::8a",
            "2001:4860:4860::8888",
        ] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn every_way_to_write_an_internal_address_is_refused() {
        let outside = client(&[]);
        for address in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://169.254.169.254/latest/meta-data/",
            "https://10.0.0.1:8443/",
            "http://[fd00:ec2::254]/",
            "http://0/",
            "http://user@127.0.0.1/",
            "http://127.0.0.1.:80/",
            "http://\u{ff11}27.0.0.1/",
        ] {
            let refused = outside.request(reqwest::Method::GET, address).err();
            assert!(
                matches!(&refused, Some(Undelivered::Lasting(why)) if why.contains("PORTOLAN_FETCH_ALLOW")),
                "{address}: {refused:?}"
            );
        }
        for address in ["file:///etc/passwd", "gopher://x/", "ftp://x/", "", "nonsense", "http://"] {
            assert!(
                matches!(outside.request(reqwest::Method::GET, address), Err(Undelivered::Lasting(_))),
                "{address}"
            );
        }
        assert!(outside.request(reqwest::Method::GET, "https://93.184.215.14/").is_ok());
    }

    #[test]
    fn the_operator_lets_through_by_name_address_and_network() {
        let some = guard(&["Hooks.Internal", "10.2.0.0/16", "127.0.0.1", "fd00::/8"]);
        assert!(some.lets_name_through("hooks.internal") && some.lets_name_through("hooks.internal."));
        assert!(!some.lets_name_through("internal") && !some.lets_name_through("x.hooks.internal"));
        let may = |address: &str| some.check("x", address.parse().unwrap()).is_ok();
        for allowed in ["10.2.0.1", "10.2.255.255", "127.0.0.1", "::ffff:127.0.0.1", "fd12::1", "8.8.8.8"] {
            assert!(may(allowed), "{allowed}");
        }
        for refused in ["10.3.0.1", "127.0.0.2", "fe80::1", "169.254.169.254"] {
            assert!(!may(refused), "{refused}");
        }
        assert!(guard(&["0.0.0.0/0"]).check("x", Ipv4Addr::LOCALHOST.into()).is_ok());
        for wrong in ["10.0.0.0/33", "::/129", "a b", "", "http://x", "10.0.0/8", "x/8"] {
            assert!(wrong.parse::<Allowed>().is_err(), "{wrong:?}");
        }
    }

    fn client(allowed: &[&str]) -> Outside {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Outside::new(allowed.iter().map(|a| a.parse().unwrap()).collect()).unwrap()
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_and_not_connected_to() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
        let asked =
            client(&[]).request(reqwest::Method::GET, &address).unwrap().send().await.map_err(failure);
        assert!(
            matches!(&asked, Err(Undelivered::Lasting(why)) if why.starts_with("localhost leads to the internal address")),
            "{asked:?}"
        );
        let nobody = tokio::time::timeout(Duration::from_millis(200), listener.accept()).await;
        assert!(nobody.is_err(), "nothing was connected");
    }
}
