//! Pages that a mail may lead to, and the address that stands in it.

use crate::Auth;
use base::{Code, Detail, Error, Result};
use url::{Host, Url};

/// The page of an application that takes what a mail brings.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    url: Url,
    /// The tenants whose page it is, where it is not the whole project's: whoever keeps the settings
    /// of one tenant is brought no secret of another's people.
    tenants: Option<Vec<String>>,
}

/// Bytes of an address; what stands in a mail is copied by hand now and then.
const ADDRESS_MAX: usize = 2_000;

impl Page {
    /// Whether a mail to somebody of these tenants may lead here.
    pub(crate) fn is_for(&self, mut belongs: impl FnMut(&str) -> bool) -> bool {
        self.tenants.as_ref().is_none_or(|tenants| tenants.iter().any(|tenant| belongs(tenant)))
    }

    /// The address of this page with a token. One that is an application's root gets the path that
    /// clients of the original expect there; any other takes it as `token` of its query, in the
    /// fragment where that is what the application is routed by.
    pub(crate) fn with(&self, path: &str, token: &str) -> String {
        let mut url = self.url.clone();
        let is_root = matches!(url.path(), "" | "/") && url.query().is_none();
        match url.fragment() {
            Some(fragment) if fragment.starts_with('/') || fragment.starts_with("!/") => {
                let sign = if fragment.contains('?') { '&' } else { '?' };
                let fragment = format!("{fragment}{sign}token={token}");
                url.set_fragment(Some(&fragment));
                return url.into();
            }
            None if is_root => url.set_path(path),
            Some(_) | None => {}
        }
        url.query_pairs_mut().append_pair("token", token);
        url.into()
    }

    /// The address of this page with what it is told, in its query, or in that of the fragment where
    /// that is what the application is routed by.
    pub(crate) fn telling(&self, told: &[(&str, &str)]) -> String {
        let mut url = self.url.clone();
        match url.fragment() {
            Some(fragment) if fragment.starts_with('/') || fragment.starts_with("!/") => {
                let sign = if fragment.contains('?') { '&' } else { '?' };
                let told = url::form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(told)
                    .finish();
                let fragment = format!("{fragment}{sign}{told}");
                url.set_fragment(Some(&fragment));
            }
            Some(_) | None => drop(url.query_pairs_mut().extend_pairs(told)),
        }
        url.into()
    }

    /// The page of this name below this one that goes on with an invitation.
    pub(crate) fn below(&self, name: &str, token: &str, email: Option<&str>) -> String {
        let mut url = self.url.clone();
        let path = format!("{}/{name}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url.query_pairs_mut().append_pair("inviteToken", token);
        if let Some(email) = email {
            url.query_pairs_mut().append_pair("email", email);
        }
        url.into()
    }
}

impl Auth {
    /// The page that a mail shall lead to: as asked for, if it belongs to the project, else where its
    /// application lives. `own` is the authority (`host:port`) that this server was called by, where
    /// that is known to be its own.
    pub(crate) async fn page(&self, asked: Option<&str>, own: Option<&str>) -> Result<Page> {
        let asked = asked.map(str::trim).filter(|asked| !asked.is_empty());
        let Some(asked) = asked else {
            let settings = self.engine().settings(None).await?;
            let home = settings.get("app_url").and_then(serde_json::Value::as_str);
            let home = home.or_else(|| self.settings().app_urls.first().map(String::as_str));
            let home = home.and_then(|home| Url::parse(home).ok());
            return home.map(|url| Page { url, tenants: None }).ok_or_else(|| {
                refused("nothing says where the mail shall lead to")
                    .hint("send `link`, or set `app_url` in the settings")
            });
        };
        let url = Url::parse(asked).ok().filter(|_| asked.len() <= ADDRESS_MAX);
        let url = url.ok_or_else(|| refused("`link` is the whole address of a page"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("an address in a mail names nobody"));
        }
        if self.is_ours(&url, own) {
            return Ok(Page { url, tenants: None });
        }
        let pages = self.engine().pages_of_the_project().await?;
        let fit: Vec<_> = pages.iter().filter(|(base, _)| is_below(base, &url)).collect();
        if fit.iter().any(|(_, tenant)| tenant.is_none()) {
            return Ok(Page { url, tenants: None });
        }
        let tenants: Vec<String> =
            fit.into_iter().filter_map(|(_, tenant)| tenant.clone()).collect();
        if !tenants.is_empty() {
            return Ok(Page { url, tenants: Some(tenants) });
        }
        Err(refused("this page is none of the project's").hint(
            "set `app_url` or `project_url` in the settings, or `AUTH_APP_URL` for the server; a \
             link leads to one of them or below",
        ))
    }

    /// Whether it is the server's own page, one that its configuration names, or (where they may be)
    /// one of this machine.
    fn is_ours(&self, url: &Url, own: Option<&str>) -> bool {
        if matches!(url.scheme(), "http" | "https") {
            let authority = match (url.host_str(), url.port()) {
                (Some(host), Some(port)) => format!("{host}:{port}"),
                (host, _) => host.unwrap_or_default().to_owned(),
            };
            let is_own = own.is_some_and(|own| own.eq_ignore_ascii_case(&authority));
            if is_own || (self.settings().local_pages && is_here(url)) {
                return true;
            }
        }
        self.settings().app_urls.iter().any(|base| is_below(base, url))
    }
}

/// Whether an address is of this machine: while somebody builds, the application runs there.
pub(crate) fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether an address is this one or below it.
fn is_below(base: &str, url: &Url) -> bool {
    let Ok(base) = Url::parse(base.trim()) else { return false };
    let same = base.scheme() == url.scheme()
        && base.host_str().is_some()
        && base.host_str() == url.host_str()
        && base.port_or_known_default() == url.port_or_known_default();
    let (base, path) = (base.path().trim_end_matches('/'), url.path());
    let rest = path.strip_prefix(base);
    same && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The refusal of a page that is another tenant's.
pub(crate) fn elsewhere() -> Error {
    refused("this page is another tenant's")
}

fn refused(why: &str) -> Error {
    Error::new(Code::ValidationError, format!("Validation failed: link: {why}"))
        .at("link")
        .detail(Detail::field("link", "link", why))
}

#[cfg(test)]
mod tests {
    use super::{Page, is_below, is_here};
    use url::Url;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_link_leads_to_an_address_of_the_project_or_below() {
        for (base, link, is) in [
            ("https://a.example", "https://a.example", true),
            ("https://a.example/", "https://a.example/auth/verify?x=1#y", true),
            ("https://a.example:443", "https://A.example/x", true),
            ("https://a.example/app", "https://a.example/app/in", true),
            ("https://a.example/app/", "https://a.example/app", true),
            ("https://a.example/app", "https://a.example/apple", false),
            ("https://a.example/app", "https://a.example/app/../x", false),
            ("https://a.example/app", "https://a.example/app/%2e%2e/x", false),
            ("https://a.example", "http://a.example/x", false),
            ("https://a.example", "https://a.example.evil.example/x", false),
            ("https://a.example", "https://a.example:8443/x", false),
            ("https://a.example", "https://evil.example/https://a.example", false),
            ("https://a.example", "javascript:alert(1)", false),
            ("shop://in", "shop://in/reset", true),
            ("shop://in", "shop://out/reset", false),
            ("javascript:alert(1)", "javascript:alert(1)", false),
            ("", "https://a.example", false),
        ] {
            assert_eq!(is_below(base, &url(link)), is, "{base} {link}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for (link, is) in [
            ("http://localhost:5173/reset", true),
            ("http://app.localhost/", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]:3000/", true),
            ("http://localhost.example/", false),
            ("http://128.0.0.1/", false),
        ] {
            assert_eq!(is_here(&url(link)), is, "{link}");
        }
    }

    #[test]
    fn a_page_is_told_in_its_query() {
        let told = |link: &str| {
            Page { url: url(link), tenants: None }.telling(&[("a", "x y"), ("b", "1&2")])
        };
        assert_eq!(told("https://a.example"), "https://a.example/?a=x+y&b=1%262");
        assert_eq!(told("https://a.example/in?l=de"), "https://a.example/in?l=de&a=x+y&b=1%262");
        assert_eq!(told("https://a.example/s/#/in"), "https://a.example/s/#/in?a=x+y&b=1%262");
        assert_eq!(told("shop://in"), "shop://in?a=x+y&b=1%262");
    }

    #[test]
    fn a_token_stands_where_the_page_reads_it() {
        let with = |link: &str| {
            let page = Page { url: url(link), tenants: None };
            page.with("/auth/reset-password/tok", "tok")
        };
        for (link, address) in [
            ("https://a.example", "https://a.example/auth/reset-password/tok?token=tok"),
            ("https://a.example/", "https://a.example/auth/reset-password/tok?token=tok"),
            ("https://a.example/reset", "https://a.example/reset?token=tok"),
            ("https://a.example/reset?l=de", "https://a.example/reset?l=de&token=tok"),
            ("https://a.example/reset#top", "https://a.example/reset?token=tok#top"),
            ("https://a.example/#/reset", "https://a.example/#/reset?token=tok"),
            ("https://a.example/s/#/reset?l=de", "https://a.example/s/#/reset?l=de&token=tok"),
            ("shop://in/reset", "shop://in/reset?token=tok"),
        ] {
            assert_eq!(with(link), address, "{link}");
        }
    }
}
