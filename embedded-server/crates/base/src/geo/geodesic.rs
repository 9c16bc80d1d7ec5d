//! The shortest way between two positions along the ellipsoid WGS 84.

use std::f64::consts::PI;

/// Half the long axis of the ellipsoid, in metres.
const A: f64 = 6_378_137.0;
const F: f64 = 1.0 / 298.257_223_563;
/// Half the short axis.
const B: f64 = A * (1.0 - F);
/// Squared eccentricity.
const E2: f64 = F * (2.0 - F);

/// Steps after which Vincenty's iteration is left: it needs three to five, except where the two
/// positions are almost opposite each other, where it does not end.
const STEPS_MAX: u32 = 50;

/// Halvings of the azimuth in that case: it is exact to the last bits then.
const HALVINGS: u32 = 60;

/// The two positions on the auxiliary sphere, and what lies between them.
struct Arc {
    sigma: f64,
    sin_sigma: f64,
    cos_sigma: f64,
    /// Squared cosine of the azimuth at the equator.
    cos2_alpha: f64,
    /// Cosine of twice the distance from the equator to the arc's middle.
    cos_middle: f64,
}

/// Metres between two positions, given as longitude and latitude in degrees: right to a
/// millimetre.
#[must_use]
pub fn metres_between(one: (f64, f64), other: (f64, f64)) -> f64 {
    let apart = (other.0 - one.0).abs();
    let apart = if apart > 180.0 { 360.0 - apart } else { apart } * PI / 180.0;
    let (sin1, cos1) = reduced(one.1);
    let (sin2, cos2) = reduced(other.1);
    let arc = match vincenty(apart, (sin1, cos1), (sin2, cos2)) {
        Found::Arc(arc) => arc,
        Found::Same => return 0.0,
        Found::Opposite => opposite(apart, (sin1, cos1), (sin2, cos2)),
    };
    length(&arc)
}

/// Sine and cosine of a latitude on the auxiliary sphere.
fn reduced(latitude: f64) -> (f64, f64) {
    let angle = latitude * PI / 180.0;
    let (y, x) = ((1.0 - F) * angle.sin(), angle.cos());
    let norm = (x * x + y * y).sqrt();
    (y / norm, x / norm)
}

enum Found {
    Arc(Arc),
    Same,
    Opposite,
}

fn vincenty(apart: f64, (sin1, cos1): (f64, f64), (sin2, cos2): (f64, f64)) -> Found {
    let mut lambda = apart;
    for _ in 0..STEPS_MAX {
        let (sin_lambda, cos_lambda) = (lambda.sin(), lambda.cos());
        let p = cos2 * sin_lambda;
        let q = cos1 * sin2 - sin1 * cos2 * cos_lambda;
        let sin_sigma = (p * p + q * q).sqrt();
        let cos_sigma = sin1 * sin2 + cos1 * cos2 * cos_lambda;
        if sin_sigma == 0.0 {
            return if cos_sigma > 0.0 { Found::Same } else { Found::Opposite };
        }
        let sigma = sin_sigma.atan2(cos_sigma);
        let sin_alpha = cos1 * cos2 * sin_lambda / sin_sigma;
        let cos2_alpha = 1.0 - sin_alpha * sin_alpha;
        let cos_middle =
            if cos2_alpha > 1e-15 { cos_sigma - 2.0 * sin1 * sin2 / cos2_alpha } else { 0.0 };
        let c = F / 16.0 * cos2_alpha * (4.0 + F * (4.0 - 3.0 * cos2_alpha));
        let next = apart
            + (1.0 - c)
                * F
                * sin_alpha
                * (sigma
                    + c * sin_sigma
                        * (cos_middle + c * cos_sigma * (2.0 * cos_middle * cos_middle - 1.0)));
        let moved = (next - lambda).abs();
        lambda = next;
        if lambda > PI {
            return Found::Opposite;
        }
        if moved < 1e-12 {
            return Found::Arc(Arc { sigma, sin_sigma, cos_sigma, cos2_alpha, cos_middle });
        }
    }
    Found::Opposite
}

/// The arc between positions that are almost opposite: the azimuth at the one farther from the
/// equator, which decides at what longitude the way meets the other's latitude, is halved in.
fn opposite(apart: f64, one: (f64, f64), other: (f64, f64)) -> Arc {
    // The one farther from the equator comes first, south of it; mirrors change no distance.
    let (far, near) = if one.0.abs() >= other.0.abs() { (one, other) } else { (other, one) };
    let sign = if far.0 > 0.0 { -1.0 } else { 1.0 };
    // On the equator every way begins at it; a thousandth of a millimetre beside it does not.
    let sin1 = (far.0 * sign).min(-1e-13);
    let (sin2, cos1) = (near.0 * sign, far.1);
    let (mut low, mut high) = (0.0, PI);
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if towards(middle, sin1, cos1, sin2).1 < apart {
            low = middle;
        } else {
            high = middle;
        }
    }
    towards((low + high) / 2.0, sin1, cos1, sin2).0
}

/// The arc that leaves under an azimuth and goes to the other's latitude, and how far round the
/// ellipsoid it leads.
fn towards(azimuth: f64, sin1: f64, cos1: f64, sin2: f64) -> (Arc, f64) {
    let (sin_azimuth, cos_azimuth) = (azimuth.sin(), azimuth.cos());
    let sin_alpha = sin_azimuth * cos1;
    let cos2_alpha = 1.0 - sin_alpha * sin_alpha;
    let along = cos_azimuth * cos1;
    let arrival = (along * along + (sin1 - sin2) * (sin1 + sin2)).max(0.0).sqrt();
    let (sigma1, sigma2) = (sin1.atan2(along), sin2.atan2(arrival));
    let omega1 = (sin_alpha * sin1).atan2(along);
    let omega2 = (sin_alpha * sin2).atan2(arrival);
    let sigma = sigma2 - sigma1;
    let (sin_sigma, cos_sigma, cos_middle) = (sigma.sin(), sigma.cos(), (sigma1 + sigma2).cos());
    let c = F / 16.0 * cos2_alpha * (4.0 + F * (4.0 - 3.0 * cos2_alpha));
    let round = omega2
        - omega1
        - (1.0 - c)
            * F
            * sin_alpha
            * (sigma
                + c * sin_sigma
                    * (cos_middle + c * cos_sigma * (2.0 * cos_middle * cos_middle - 1.0)));
    (Arc { sigma, sin_sigma, cos_sigma, cos2_alpha, cos_middle }, round)
}

fn length(arc: &Arc) -> f64 {
    let Arc { sigma, sin_sigma, cos_sigma, cos2_alpha, cos_middle } = *arc;
    let u2 = cos2_alpha * (A * A - B * B) / (B * B);
    let a = 1.0 + u2 / 16_384.0 * (4_096.0 + u2 * (u2 * (320.0 - 175.0 * u2) - 768.0));
    let b = u2 / 1_024.0 * (256.0 + u2 * (u2 * (74.0 - 47.0 * u2) - 128.0));
    let m2 = cos_middle * cos_middle;
    let delta = b
        * sin_sigma
        * (cos_middle
            + b / 4.0
                * (cos_sigma * (2.0 * m2 - 1.0)
                    - b / 6.0
                        * cos_middle
                        * (4.0 * sin_sigma * sin_sigma - 3.0)
                        * (4.0 * m2 - 3.0)));
    B * a * (sigma - delta)
}

/// A position in space, in metres from the middle of the earth.
pub(super) fn in_space(x: f64, y: f64) -> [f64; 3] {
    let (longitude, latitude) = (x * PI / 180.0, y * PI / 180.0);
    let sine = latitude.sin();
    let normal = A / (1.0 - E2 * sine * sine).sqrt();
    let axis = normal * latitude.cos();
    [axis * longitude.cos(), axis * longitude.sin(), normal * (1.0 - E2) * sine]
}

#[cfg(test)]
mod tests {
    use super::metres_between;

    #[test]
    fn distances_are_those_of_the_geodesic_tables() {
        // Published solutions of the inverse problem on WGS 84, the last ones where Vincenty's
        // iteration fails.
        for (one, other, metres) in [
            ((0.0, 0.0), (0.0, 0.0), 0.0),
            ((0.0, 0.0), (1.0, 0.0), 111_319.490_793),
            ((0.0, 0.0), (0.0, 1.0), 110_574.388_558),
            ((0.0, 0.0), (0.0, 90.0), 10_001_965.729_313),
            ((-73.8, 40.6), (-0.5, 51.6), 5_551_759.400_319),
            ((0.0, 0.0), (90.0, 0.0), 10_018_754.171_395),
            ((0.0, -90.0), (77.0, 90.0), 20_003_931.458_625),
            ((0.0, 0.0), (180.0, 0.0), 20_003_931.458_625),
            ((0.0, 0.0), (179.5, 0.5), 19_936_288.578_965),
            ((0.0, 0.0), (179.7, 0.5), 19_944_127.420_735),
            ((0.0, -30.0), (179.8, 29.9), 19_989_832.827_610),
        ] {
            let found = metres_between(one, other);
            assert!((found - metres).abs() < 1e-3, "{one:?} {other:?}: {found}, not {metres}");
            let back = metres_between(other, one);
            assert!((back - found).abs() < 1e-6, "{one:?} {other:?}: {found} there, {back} back");
        }
        // The antimeridian is a meridian like any other.
        let across = metres_between((179.5, 10.0), (-179.5, 10.0));
        assert!((across - metres_between((0.5, 10.0), (-0.5, 10.0))).abs() < 1e-6, "{across}");
    }
}
