//! Types for somebody's program: what the server writes, what `plinth generate` makes of it, and
//! the wire by which the original's own generator is served (`spec/live.md` 10).

use crate::harness::{App, EMAIL, PASSWORD, Person, Process, on_every_store};
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Output, Stdio};

async fn shop(app: &App) {
    app.collection(
        "products",
        json!({ "fields": {
            "id": { "type": "UUID", "primaryKey": true, "defaultValue": { "type": "UUIDV4" } },
            "name": { "type": "String", "allowNull": false, "validate": { "len": [3, 255] } },
            "price": { "type": "Decimal", "values": { "precision": 10, "scale": 2 } },
            "cost": { "type": "Decimal" },
        } }),
    )
    .await;
    app.collection("categories", json!({ "fields": { "name": { "type": "String" } } })).await;
    let relation =
        json!({ "type": "M2O", "target": "categories", "name": "category", "alias": "products" });
    app.relation("products", relation).await;
}

async fn types(person: &Person, query: &str) -> String {
    let answer = person.get(&format!("/types{query}")).await;
    answer.expect_status(200);
    answer.text
}

/// The lines of one interface.
fn interface(text: &str, name: &str) -> String {
    let head = format!("export interface {name} {{");
    let body = text.split(&head).nth(1).unwrap_or_else(|| panic!("no {name} in {text}"));
    body.split("\n}").next().unwrap_or_default().to_owned()
}

on_every_store!(types_are_those_that_the_caller_may_see, async |app| {
    shop(app).await;
    let text = types(app.admin(), "").await;
    assert_eq!(
        interface(&text, "Products"),
        "
  id: string;
  /** @length 3-255 */
  name: string;
  /** @precision 10,2 */
  price?: number | null;
  cost?: number | null;
  createdAt?: string;
  updatedAt?: string;
  category?: Categories | null;
  category_id?: string | null;"
    );
    assert!(
        interface(&text, "Categories").ends_with("\n  products?: Products[] | null;"),
        "{text}"
    );
    for line in [
        "export type Product = Products;",
        "export type Category = Categories;",
        "export type CollectionName = 'categories' | 'products';",
        "  categories: Categories;\n  products: Products;\n",
        "export type BaasixCollections = CollectionTypeMap;",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    // A role sees the fields it may read, and no trace of others.
    let grant = json!({ "collection": "products", "action": "read", "fields": ["name", "price"] });
    let reader = app.with_grants("Reader", &[grant]).await;
    let text = types(&reader, "").await;
    let products = interface(&text, "Products");
    assert!(products.starts_with("\n  id: string;") && products.contains("price?:"), "{products}");
    for absent in ["cost", "ategor", "createdAt"] {
        assert!(!text.contains(absent), "{absent} is in {text}");
    }
    let stranger = app.anonymous().get("/types").await;
    stranger.expect_refusal(401, "UNAUTHENTICATED");
});

on_every_store!(an_answer_is_sent_again_only_when_it_is_another, async |app| {
    shop(app).await;
    let admin = app.admin();
    let version = |answer: &crate::harness::Answer| {
        answer.headers["etag"].to_str().expect("a version").to_owned()
    };
    let first = version(admin.get("/types").await.expect_status(200));
    let known = admin.with_header("if-none-match", &first);
    let same = known.get("/types").await;
    assert_eq!((same.status, same.text.as_str(), version(&same)), (304, "", first.clone()));
    for others in [format!("W/{first}"), format!("\"other\", {first}"), String::from("*")] {
        let same = admin.with_header("if-none-match", &others).get("/types").await;
        assert_eq!(same.status, 304, "{others}");
    }
    // Another target, another role, another catalog: another version.
    known.get("/types?target=sdk-types").await.expect_status(200);
    let grant = json!({ "collection": "products", "action": "read", "fields": ["name"] });
    let reader = app.with_grants("Reader", &[grant]).await;
    reader.with_header("if-none-match", &first).get("/types").await.expect_status(200);
    app.collection("tags", json!({ "fields": { "name": { "type": "String" } } })).await;
    assert_ne!(version(known.get("/types").await.expect_status(200)), first);
});

on_every_store!(what_is_written_follows_the_words_of_the_request, async |app| {
    shop(app).await;
    let admin = app.admin();
    assert!(types(admin, "?target=sdk-types").await.contains("export function createTypedBaasix("));
    for query in ["?numbers=exact", "?numbers=string"] {
        assert!(types(admin, query).await.contains("price?: string | null;"), "{query}");
    }
    assert!(types(admin, "?numbers=number").await.contains("price?: number | null;"));
    let definitions = admin.get("/types?target=schema-json").await;
    let listed = admin.get("/schemas?limit=-1").await.body["data"].clone();
    assert_eq!(definitions.body, listed);
    assert!(definitions.text.ends_with("\n]\n"), "a file ends with its line");
    for (query, at) in [("?target=zod", "target"), ("?numbers=some", "numbers")] {
        let refused = admin.get(&format!("/types{query}")).await;
        refused.expect_refusal(400, "INVALID_QUERY");
        assert!(refused.text.contains(at), "{}", refused.text);
    }
});

on_every_store!(the_generator_of_the_original_finds_what_it_asks_for, async |app| {
    shop(app).await;
    let login = json!({ "email": EMAIL, "password": PASSWORD });
    let token = app.anonymous().post("/auth/login", login).await.body["token"].clone();
    let person = app.anonymous().with_token(token.as_str().expect("a token"));
    let answer = person.get("/schemas?limit=-1").await;
    answer.expect_status(200);
    let data = answer.body["data"].as_array().expect("a list").clone();
    assert_eq!(answer.body["totalCount"], data.len());
    let by_name: HashMap<&str, &Json> = data
        .iter()
        .map(|one| (one["collectionName"].as_str().expect("a name"), &one["schema"]))
        .collect();
    let products = &by_name["products"]["fields"];
    assert_eq!(products["name"]["validate"]["len"], json!([3, 255]));
    assert_eq!(
        (&products["category"]["relType"], &products["category"]["target"]),
        (&json!("BelongsTo"), &json!("categories"))
    );
    assert!(by_name["baasix_User"]["fields"].is_object(), "system collections are listed");
});

/// A folder of somebody's project, gone afterwards.
struct Project(PathBuf);

impl Project {
    fn new(app: &App) -> Self {
        let folder = app.data.with_extension("project");
        std::fs::create_dir_all(&folder).expect("make a folder");
        Self(folder)
    }

    fn has(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.join(file)).unwrap_or_default()
    }

    /// `plinth <arguments>` in this folder, run to its end while the server goes on.
    async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Process::command(arguments);
        command.arg("--cwd").arg(&self.0);
        tokio::task::spawn_blocking(move || command.output().expect("run the program"))
            .await
            .expect("the program ends")
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn said(output: &Output) -> (bool, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

on_every_store!(the_program_keeps_the_types_in_a_file, async |app| {
    shop(app).await;
    let project = Project::new(app);
    let file = "src/types/baasix.d.ts";
    let environment = format!(
        "# for the generator\nPLINTH_URL={}\nPLINTH_EMAIL={EMAIL}\nPLINTH_PASSWORD='{PASSWORD}'\n",
        app.url
    );
    std::fs::write(project.0.join(".env"), environment).expect("write .env");
    for name in ["generate", "types", "gen"] {
        let (done, told, fault) = said(&project.run(&[name, "--output", file, "-y"]).await);
        let what = if name == "generate" { "written" } else { "already so" };
        assert!(done && told.trim_end().ends_with(&format!("{file}: {what}")), "{told}{fault}");
    }
    assert_eq!(project.has(file), types(app.admin(), "").await);
    // Each target has its file.
    for (target, file) in [("sdk-types", "baasix.ts"), ("schema-json", "schemas.json")] {
        let (done, _, fault) = said(&project.run(&["generate", "--target", target]).await);
        assert!(done, "{fault}");
        assert_eq!(project.has(file), types(app.admin(), &format!("?target={target}")).await);
    }
    let (done, ..) = said(&project.run(&["generate", "--numbers", "exact"]).await);
    assert!(done && project.has("baasix.d.ts").contains("price?: string | null;"));
});

on_every_store!(the_program_says_what_is_wrong_and_leaves_the_file_alone, async |app| {
    shop(app).await;
    let project = Project::new(app);
    std::fs::write(project.0.join("baasix.d.ts"), "mine").expect("write a file");
    let url = app.url.as_str();
    for (environment, arguments, wanted) in [
        ("", vec!["--url", url], "set PLINTH_EMAIL and PLINTH_PASSWORD, or PLINTH_TOKEN"),
        ("PLINTH_TOKEN=stale\n", vec!["--url", url], "set PLINTH_EMAIL"),
        (
            "BAASIX_EMAIL=owner@example.com\nBAASIX_PASSWORD=wrong password\n",
            vec!["--url", url],
            "Incorrect password",
        ),
        ("", vec!["--url", "localhost:1"], "is not the address of a server"),
        ("", vec!["--url", "http://127.0.0.1:1"], "http://127.0.0.1:1 does not answer"),
        ("", vec!["--url", url, "--target", "sdk-types", "-o", "a.d.ts"], "name a .ts file"),
        ("", vec!["--url", url, "--target", "zod"], "schema-json"),
    ] {
        std::fs::write(project.0.join(".env"), environment).expect("write .env");
        let arguments: Vec<&str> = ["generate"].into_iter().chain(arguments).collect();
        let (done, _, fault) = said(&project.run(&arguments).await);
        assert!(!done && fault.contains(wanted), "{arguments:?}: {fault}");
        assert!(!fault.contains("wrong password"), "{fault}");
    }
    assert_eq!(project.has("baasix.d.ts"), "mine");
    // A folder stands where the file should.
    std::fs::write(
        project.0.join(".env"),
        format!("ADMIN_EMAIL={EMAIL}\nADMIN_PASSWORD={PASSWORD}\n"),
    )
    .expect("write .env");
    std::fs::create_dir_all(project.0.join("taken")).expect("make a folder");
    let (done, _, fault) = said(&project.run(&["generate", "--url", url, "-o", "taken"]).await);
    assert!(!done && fault.contains("cannot be written"), "{fault}");
});

/// What a program says next, heard while the server goes on.
async fn next_line(mut out: BufReader<ChildStdout>) -> (String, BufReader<ChildStdout>) {
    let heard = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        out.read_line(&mut line).expect("text");
        (line.trim_end().to_owned(), out)
    });
    heard.await.expect("the program goes on")
}

on_every_store!(a_watching_program_writes_again_when_a_collection_changes, async |app| {
    shop(app).await;
    let project = Project::new(app);
    let mut command = Process::command(&["generate", "--watch", "--url", &app.url]);
    command.arg("--cwd").arg(&project.0);
    command.envs([("PLINTH_EMAIL", EMAIL), ("PLINTH_PASSWORD", PASSWORD)]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("start the program");
    let out = BufReader::new(child.stdout.take().expect("its output"));
    let (line, out) = next_line(out).await;
    assert!(line.ends_with("baasix.d.ts: written"), "{line}");
    assert!(!project.has("baasix.d.ts").contains("Invoice"));
    app.collection("invoices", json!({ "fields": { "no": { "type": "String" } } })).await;
    let (line, _) = next_line(out).await;
    assert!(line.ends_with("baasix.d.ts: written"), "{line}");
    assert!(project.has("baasix.d.ts").contains("export type Invoice = Invoices;"));
    child.kill().expect("end the program");
    child.wait().expect("wait for the program");
    let left: Vec<_> = std::fs::read_dir(Path::new(&project.0)).expect("the folder").collect();
    assert_eq!(left.len(), 1, "nothing is left beside the file: {left:?}");
});
