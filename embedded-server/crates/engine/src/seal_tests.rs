use super::{MARK, Seal};
use crate::Engine;
use crate::test_project::Project;
use access::Actor;
use base::Code;
use query::{Operation, Read, Write};
use serde_json::{Map, Value as Json, json};

#[test]
fn what_is_sealed_is_read_back_by_the_same_key_and_moved_to_no_other_place() {
    let (ours, same, other) = ([1_u8; 32], [1_u8; 32], [2_u8; 32]);
    let [ours, same, other] = [ours, same, other].map(|secret| Seal::of(&secret).unwrap());
    let sealed = ours.close("a.b.1", "grüße").unwrap();
    assert!(sealed.starts_with(MARK) && !sealed.contains("grüße"), "{sealed}");
    assert_eq!(same.open("a.b.1", &sealed).unwrap(), "grüße");
    assert_ne!(ours.close("a.b.1", "grüße").unwrap(), sealed, "two sealings of one text differ");
    assert_eq!(other.open("a.b.1", &sealed), None);
    for elsewhere in ["a.b.2", "a.c.1", "c.b.1", ""] {
        assert_eq!(ours.open(elsewhere, &sealed), None, "{elsewhere}");
    }
    let touched = format!("{}{}", &sealed[..sealed.len() - 3], "AAA");
    for broken in [touched.as_str(), &sealed[..30], MARK, "sealed:v1:%%%"] {
        assert_eq!(ours.open("a.b.1", broken), None, "{broken}");
    }
    for before in ["plain", "", "sealed:v2:x"] {
        assert_eq!(ours.open("a.b.1", before).unwrap(), before, "what lay there before is read");
    }
    // What looks sealed is sealed like anything else: nobody hands in a text sealed elsewhere.
    let twice = ours.close("a.b.1", &sealed).unwrap();
    assert_eq!(ours.open("a.b.1", &twice).unwrap(), sealed);
    assert_eq!(format!("{ours:?}"), "Seal(..)");
}

async fn rows(engine: &Engine, collection: &str) -> Vec<Map<String, Json>> {
    let read = Read { collection: collection.to_owned(), limit: Some(-1), ..Read::default() };
    engine.find(&read, "a test of seals").await.unwrap()
}

async fn write(engine: &Engine, operation: Operation) {
    let write = Write { operations: vec![operation], strict: true };
    engine.write(write, &Actor::system("a test of seals"), None).await.unwrap();
}

fn create(collection: &str, body: Json) -> Operation {
    let body = body.as_object().unwrap().clone();
    Operation::Create { collection: collection.to_owned(), body }
}

#[tokio::test]
async fn a_secret_is_sealed_for_its_record_and_opens_in_no_other() {
    for project in Project::all().await {
        let engine = &project.engine;
        let pass = |row: &Map<String, Json>| engine.unsealed("baasix_Settings", "smtp_pass", row);
        for name in ["one", "two"] {
            let body =
                json!({ "tenant": { "name": name }, "smtp_pass": format!("pass of {name}") });
            write(engine, create("baasix_Settings", body)).await;
        }
        let settings = rows(engine, "baasix_Settings").await;
        let [project_wide, one, two] = settings.as_slice() else { panic!("{settings:?}") };
        assert_eq!(pass(project_wide).unwrap(), None);
        assert!(one["smtp_pass"].as_str().unwrap().starts_with(MARK), "{one:?}");
        assert_eq!(pass(one).unwrap().unwrap(), "pass of one");
        assert_eq!(pass(two).unwrap().unwrap(), "pass of two");
        let mut moved = two.clone();
        moved.insert("smtp_pass".into(), one["smtp_pass"].clone());
        let refused = pass(&moved).unwrap_err();
        assert_eq!(refused.code(), Code::SecretUnreadable, "{refused}");
        assert!(refused.hint_text().unwrap().contains("SECRET_KEY"), "{refused}");

        let changed = |value: Json| Operation::Update {
            collection: "baasix_Settings".into(),
            key: one["id"].clone(),
            body: Map::from_iter([(String::from("smtp_pass"), value)]),
            expect: Map::new(),
        };
        write(engine, changed(json!("another"))).await;
        assert_eq!(pass(&rows(engine, "baasix_Settings").await[1]).unwrap().unwrap(), "another");
        write(engine, changed(Json::Null)).await;
        assert_eq!(pass(&rows(engine, "baasix_Settings").await[1]).unwrap(), None);

        let account = json!({ "user": { "firstName": "Ada" }, "accountId": "1", "providerId": "p", "accessToken": "t", "idToken": null });
        write(engine, create("baasix_Account", account)).await;
        let account = rows(engine, "baasix_Account").await.pop().unwrap();
        let token = |field: &str| engine.unsealed("baasix_Account", field, &account);
        assert_eq!(token("accessToken").unwrap().unwrap(), "t");
        assert_eq!(token("idToken").unwrap(), None);
    }
}

#[tokio::test]
async fn what_lay_open_is_read_and_sealed_at_the_next_open_and_another_key_is_told_at_use() {
    for mut project in Project::all().await {
        let set = r#"UPDATE "baasix_Settings" SET "smtp_pass" = 'from before'"#;
        project.meddle(&[(set, set)]).await;
        let stored = r#"SELECT "smtp_pass" FROM "baasix_Settings""#;
        let revisions = r#"SELECT CAST(count(*) AS TEXT) FROM "baasix_AuditLog""#;
        let told = project.column(revisions, revisions).await;
        let read = async |engine: &Engine| {
            let row = rows(engine, "baasix_Settings").await.remove(0);
            engine.unsealed("baasix_Settings", "smtp_pass", &row)
        };
        assert_eq!(read(&project.engine).await.unwrap().unwrap(), "from before");
        project.engine = project.reopened().await;
        let sealed = project.column(stored, stored).await;
        assert!(sealed[0].starts_with(MARK), "{sealed:?}");
        assert_eq!(read(&project.engine).await.unwrap().unwrap(), "from before");
        assert_eq!(project.column(revisions, revisions).await, told, "it is no change of a record");

        let stranger = project.another_under(Seal::of(b"another secret").unwrap()).await.unwrap();
        let refused = read(&stranger).await.unwrap_err();
        assert_eq!(refused.code(), Code::SecretUnreadable, "{refused}");
        stranger.close().await;
        assert_eq!(project.column(stored, stored).await, sealed, "it is sealed once");
    }
}
