//! Servers as the desktop runs them: several at once, each with its log.

use embedded_server::Config;

use super::{End, Servers};
use crate::project::State;

fn config() -> Config {
    let folder = std::env::temp_dir().join(format!("plinth-project-{}", uuid::Uuid::new_v4()));
    let mut config = Config::for_data(folder);
    config.port = 0;
    config.silent_owner = true;
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn several_projects_run_at_once_and_stop_alone() {
    let servers = Servers::default();
    for id in ["shop", "blog"] {
        servers.begin(id, config(), |_| {}).unwrap().listening().await.unwrap();
    }
    let (shop, blog) = (servers.session("shop").unwrap(), servers.session("blog").unwrap());
    assert_ne!(shop.address, blog.address);
    assert_ne!(shop.token, blog.token);

    servers.stop("shop").await.unwrap();
    assert_eq!(servers.snapshot("shop").state, State::Stopped);
    assert_eq!(servers.snapshot("blog").state, State::Running);
    assert!(servers.log_tail("shop", 1)[0].ends_with("stopped"));
    assert_eq!(servers.session("shop").map(|_| ()).unwrap_err().code, "NOT_RUNNING");

    servers.stop_all().await;
    assert!(servers.running().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_launch_token_is_the_owner_of_its_own_project_only() {
    let servers = Servers::default();
    for id in ["shop", "blog"] {
        servers.begin(id, config(), |_| {}).unwrap().listening().await.unwrap();
    }
    let (shop, blog) = (servers.session("shop").unwrap(), servers.session("blog").unwrap());
    let me = format!("http://{}/auth/me", shop.address);
    // An error means that another test has installed one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    for (token, status) in [(&shop.token, 200), (&blog.token, 401)] {
        let answer = client.get(&me).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
    }
    servers.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_cannot_start_says_why_and_may_be_tried_again() {
    let servers = Servers::default();
    let mut broken = config();
    let file = std::env::temp_dir().join(format!("plinth-file-{}", uuid::Uuid::new_v4()));
    std::fs::write(&file, "no folder").unwrap();
    broken.data_dir = file.join("project");
    let (told, when_told) = tokio::sync::oneshot::channel();
    let started =
        servers.begin("shop", broken, move |how| assert!(told.send(how).is_ok())).unwrap();
    let fault = started.listening().await.unwrap_err();
    assert!(!fault.message.is_empty());
    assert!(when_told.await.unwrap() == End::Expected);
    assert_eq!(servers.snapshot("shop").state, State::Failed);

    servers.begin("shop", config(), |_| {}).unwrap().listening().await.unwrap();
    assert_eq!(
        servers.begin("shop", config(), |_| {}).map(|_| ()).unwrap_err().code,
        "ALREADY_RUNNING"
    );
    servers.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_panics_ends_alone_and_is_told_of() {
    let servers = Servers::default();
    servers.begin("shop", config(), |_| {}).unwrap().listening().await.unwrap();
    let (told, when_told) = tokio::sync::oneshot::channel();
    let (go, when_gone) = std::sync::mpsc::channel::<()>();
    let address = ([127, 0, 0, 1], 9).into();
    let started = servers
        .begin_life(
            "blog",
            String::new(),
            move |how| assert!(told.send(how).is_ok()),
            move |_, ready, _| {
                assert!(ready.send(Ok(address)).is_ok());
                assert!(when_gone.recv().is_ok());
                panic!("a fault of the server's own");
            },
        )
        .unwrap();
    started.listening().await.unwrap();
    assert_eq!(servers.snapshot("blog").state, State::Running);

    go.send(()).unwrap();
    assert!(when_told.await.unwrap() == End::ByItself);
    assert_eq!(servers.snapshot("blog").state, State::Failed);
    assert_eq!(servers.snapshot("blog").error.unwrap().code, "ENDED");
    let log = servers.log_tail("blog", 1);
    assert!(log[0].ends_with("the server panicked: a fault of the server's own"), "{log:?}");
    assert_eq!(servers.snapshot("shop").state, State::Running);
    servers.stop_all().await;
}
