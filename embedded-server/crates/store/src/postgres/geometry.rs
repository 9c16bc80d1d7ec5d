//! What shapes on the earth are to each other, as functions in the database: PostGIS' own where it
//! is installed, else plain SQL that takes the steps of `base`.

use super::fault;
use super::run::{self, Failure};
use sqlx::{PgConnection, Row as _};

/// Without PostGIS. The rectangles of indexes are told by these in any case.
const PLAIN: &str = include_str!("geometry.sql");

/// The bodies that PostGIS answers instead, which stands in the schema `{postgis}`.
const POSTGIS: &str = include_str!("postgis.sql");

/// Two processes that make the functions at once would disturb each other.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7165021945132086)";

/// Makes the functions, or makes them anew when they are those of another version, or when PostGIS
/// has come or gone.
pub(super) async fn equip(connection: &mut PgConnection) -> Result<(), Failure> {
    let asked = "SELECT obj_description(to_regprocedure('bx_geo_box(jsonb)')::oid, 'pg_proc'),
            (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
             WHERE e.extname = 'postgis')";
    let row = sqlx::query(asked).persistent(false).fetch_one(&mut *connection).await?;
    let (found, postgis): (Option<String>, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
    let own = postgis.map_or(String::new(), |schema| POSTGIS.replace("{postgis}", &schema));
    let version = format!("plinth {:016x}", digest(&[PLAIN, &own]));
    if found.as_deref() == Some(version.as_str()) {
        return Ok(());
    }
    let mark = format!("COMMENT ON FUNCTION bx_geo_box(jsonb) IS '{version}'");
    let made = run::simple(connection, format!("BEGIN; {LOCK}; {PLAIN} {own} {mark}; COMMIT"));
    match made.await {
        Err(failure) if !failure.driver().is_some_and(fault::breaks_connection) => {
            run::simple(connection, "ROLLBACK").await?;
            Err(failure)
        }
        made => made,
    }
}

/// FNV-1a with 64 bits.
fn digest(texts: &[&str]) -> u64 {
    texts.iter().flat_map(|text| text.bytes()).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
