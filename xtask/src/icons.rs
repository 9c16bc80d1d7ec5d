//! Every icon file, drawn from the one source `icons/plinth.svg`.

use std::path::Path;
use std::process::Command;

use crate::{Outcome, process, workspace};

/// Below this edge the coarse drawing is used; half a unit would be less than two pixels.
const FINE_FROM_PX: u32 = 64;
const COARSE: &str = "#fine { display: none } #coarse { display: inline }";
/// Up to this edge there is no room for a tile: the mark fills the icon.
const BARE_TO_PX: u32 = 24;
const BARE: &str = "#tile, #fine { display: none } #bare { display: inline }";
/// The tray while nothing runs: the block carries no colour.
const AT_REST: &str = ".block { fill: #8E877B }";

const PNGS: &[(&str, u32)] = &[
    ("32x32.png", 32),
    ("64x64.png", 64),
    ("128x128.png", 128),
    ("128x128@2x.png", 256),
    ("icon.png", 512),
];
const ICO_PX: &[u32] = &[16, 24, 32, 48, 64, 256];
/// Type codes of Apple's container, each with the edge it promises.
const ICNS: &[(&[u8; 4], u32)] = &[
    (b"icp4", 16),
    (b"icp5", 32),
    (b"ic11", 32),
    (b"ic12", 64),
    (b"ic07", 128),
    (b"ic13", 256),
    (b"ic08", 256),
    (b"ic14", 512),
    (b"ic09", 512),
    (b"ic10", 1024),
];

pub(crate) fn draw() -> Outcome {
    for (name, edge_px) in PNGS {
        keep(name, &render(*edge_px, "")?)?;
    }
    keep("tray-running.png", &render(32, "")?)?;
    keep("tray-stopped.png", &render(32, AT_REST)?)?;
    keep("icon.ico", &ico()?)?;
    keep("icon.icns", &icns()?)
}

fn keep(name: &str, bytes: &[u8]) -> Outcome {
    let path = workspace::at("icons").join(name);
    std::fs::write(&path, bytes)
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))
}

fn render(edge_px: u32, style: &str) -> Outcome<Vec<u8>> {
    let shape = if edge_px <= BARE_TO_PX {
        BARE
    } else if edge_px < FINE_FROM_PX {
        COARSE
    } else {
        ""
    };
    let sheet = std::env::temp_dir().join(format!("plinth-icon-{}.css", std::process::id()));
    std::fs::write(&sheet, format!("{shape} {style}")).map_err(|error| error.to_string())?;
    let png = rendered(&workspace::at("icons/plinth.svg"), &sheet, edge_px);
    // The next call writes it anew; a file left behind harms nobody.
    let _ = std::fs::remove_file(&sheet);
    png
}

fn rendered(source: &Path, sheet: &Path, edge_px: u32) -> Outcome<Vec<u8>> {
    if !process::on_path("rsvg-convert") {
        return Err("`rsvg-convert` is missing: apt-get install librsvg2-bin".to_owned());
    }
    let edge = edge_px.to_string();
    let mut command = Command::new("rsvg-convert");
    command.args(["-w", &edge, "-h", &edge, "-s"]).arg(sheet).arg(source);
    let output = command
        .output()
        .map_err(|error| format!("`rsvg-convert` could not be started: {error}"))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("`rsvg-convert` failed: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// Windows: a directory of sixteen-byte entries, then the PNG files themselves.
fn ico() -> Outcome<Vec<u8>> {
    let pictures =
        ICO_PX.iter().map(|edge_px| render(*edge_px, "")).collect::<Outcome<Vec<_>>>()?;
    let count = size(ICO_PX.len())?;
    let mut file = vec![0, 0, 1, 0];
    file.extend_from_slice(&count.to_le_bytes()[..2]);
    let mut offset = 6 + 16 * count;
    for (edge_px, picture) in ICO_PX.iter().zip(&pictures) {
        let length = size(picture.len())?;
        // An edge of 256 is written as 0.
        let edge = u8::try_from(*edge_px).unwrap_or(0);
        file.extend_from_slice(&[edge, edge, 0, 0, 1, 0, 32, 0]);
        file.extend_from_slice(&length.to_le_bytes());
        file.extend_from_slice(&offset.to_le_bytes());
        offset += length;
    }
    file.extend(pictures.concat());
    Ok(file)
}

/// macOS: type, length and PNG, one after the other.
fn icns() -> Outcome<Vec<u8>> {
    let mut body = Vec::new();
    for (kind, edge_px) in ICNS {
        let picture = render(*edge_px, "")?;
        body.extend_from_slice(*kind);
        body.extend_from_slice(&size(picture.len() + 8)?.to_be_bytes());
        body.extend(picture);
    }
    let mut file = b"icns".to_vec();
    file.extend_from_slice(&size(body.len() + 8)?.to_be_bytes());
    file.extend(body);
    Ok(file)
}

fn size(bytes: usize) -> Outcome<u32> {
    u32::try_from(bytes).map_err(|_| "an icon is larger than its container can say".to_owned())
}
