//! Somebody who calls the server.

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value as Json, json};

/// A caller with or without a token.
#[derive(Clone)]
pub(crate) struct Person {
    client: Client,
    url: String,
    pub(crate) token: Option<String>,
    pub(crate) refresh_token: Option<String>,
    pub(crate) user_id: Option<String>,
    headers: Vec<(&'static str, String)>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Json,
    pub(crate) text: String,
    pub(crate) headers: reqwest::header::HeaderMap,
}

/// The client is built with the desktop's features, which leave TLS to be chosen by the program.
fn choose_tls() {
    static CHOSEN: std::sync::Once = std::sync::Once::new();
    CHOSEN.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

/// What a server answers is looked at, not followed.
fn follows_nothing() -> Client {
    let built = Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    built.expect("a client")
}

impl Person {
    pub(crate) fn anonymous(url: &str) -> Self {
        choose_tls();
        Self {
            client: follows_nothing(),
            url: url.to_owned(),
            token: None,
            refresh_token: None,
            user_id: None,
            headers: Vec::new(),
        }
    }

    pub(crate) async fn signed_in(&self, email: &str, password: &str) -> Self {
        let answer =
            self.post("/auth/login", json!({ "email": email, "password": password })).await;
        answer.expect_status(200);
        let text = |key: &str| answer.body[key].as_str().map(str::to_owned);
        let user_id = answer.body["user"]["id"].as_str().map(str::to_owned);
        Self { token: text("token"), refresh_token: text("refreshToken"), user_id, ..self.clone() }
    }

    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    pub(crate) fn with_header(&self, name: &'static str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.push((name, value.to_owned()));
        other
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Json) -> Answer {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Json) -> Answer {
        self.send(Method::PATCH, path, Some(body.to_string())).await
    }

    pub(crate) async fn put(&self, path: &str, body: Json) -> Answer {
        self.send(Method::PUT, path, Some(body.to_string())).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    pub(crate) async fn delete_with(&self, path: &str, body: Json) -> Answer {
        self.send(Method::DELETE, path, Some(body.to_string())).await
    }

    /// The status of a POST to a server that may die meanwhile.
    pub(crate) async fn try_post(&self, path: &str, body: Json) -> Option<u16> {
        self.try_send(Method::POST, path, body).await
    }

    /// The same of any method.
    pub(crate) async fn try_send(&self, method: Method, path: &str, body: Json) -> Option<u16> {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = request.bearer_auth(self.token.as_deref().unwrap_or_default());
        let request = request.header("content-type", "application/json").body(body.to_string());
        request.send().await.ok().map(|response| response.status().as_u16())
    }

    pub(crate) async fn post_text(&self, path: &str, body: &str) -> Answer {
        self.send(Method::POST, path, Some(body.to_owned())).await
    }

    /// A body that says its own type.
    pub(crate) async fn post_as(&self, path: &str, content: &str, body: &str) -> Answer {
        let mut request = self.client.post(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let request = request.header("content-type", content).body(body.to_owned());
        Answer::of(request.send().await.expect("the server answers")).await
    }

    /// A form with a file.
    pub(crate) async fn post_form(&self, path: &str, form: reqwest::multipart::Form) -> Answer {
        let mut request = self.client.post(format!("{}{path}", self.url)).multipart(form);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        Answer::of(request.send().await.expect("the server answers")).await
    }

    /// A list with parameters, each encoded as the SDK does: objects and arrays as JSON text.
    pub(crate) async fn find(&self, collection: &str, parameters: Json) -> Answer {
        self.ask(&format!("/items/{collection}"), parameters).await
    }

    /// A GET of any route with parameters in that encoding.
    pub(crate) async fn ask(&self, path: &str, parameters: Json) -> Answer {
        let pairs = parameters.as_object().expect("parameters are an object").iter();
        let pairs: Vec<String> =
            pairs.map(|(key, value)| format!("{key}={}", encode(&plain(value)))).collect();
        self.get(&format!("{path}?{}", pairs.join("&"))).await
    }

    /// The rows of a list that must succeed.
    pub(crate) async fn rows(&self, collection: &str, parameters: Json) -> Vec<Json> {
        let answer = self.find(collection, parameters).await;
        answer.expect_status(200);
        answer.body["data"].as_array().expect("a list").clone()
    }

    /// One column of a list that must succeed.
    pub(crate) async fn column(
        &self,
        collection: &str,
        column: &str,
        parameters: Json,
    ) -> Vec<Json> {
        self.rows(collection, parameters).await.into_iter().map(|row| row[column].clone()).collect()
    }

    /// Creates a record that must be accepted; answers its id.
    pub(crate) async fn create(&self, collection: &str, body: Json) -> Json {
        let answer = self.post(&format!("/items/{collection}"), body).await;
        answer.expect_status(201);
        answer.body["data"]["id"].clone()
    }

    /// One record by its id, whole.
    pub(crate) async fn one(&self, collection: &str, id: &Json) -> Json {
        let answer = self.get(&format!("/items/{collection}/{}", plain(id))).await;
        answer.expect_status(200);
        answer.body["data"].clone()
    }

    async fn send(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        let mut request = self.client.request(method, format!("{}{}", self.url, path));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            if !self.headers.iter().any(|(name, _)| *name == "content-type") {
                request = request.header("content-type", "application/json");
            }
            request = request.body(body);
        }
        Answer::of(request.send().await.expect("the server answers")).await
    }
}

impl Answer {
    async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("the answer is text");
        let body = serde_json::from_str(&text).unwrap_or(Json::Null);
        Self { status: status.as_u16(), body, text, headers }
    }

    #[track_caller]
    pub(crate) fn expect_status(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{:?} {}", StatusCode::from_u16(self.status), self.text);
        self
    }

    /// The refusal's status and code.
    #[track_caller]
    pub(crate) fn expect_refusal(&self, status: u16, code: &str) -> &Self {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.text);
        // The envelope holds on every refusal.
        assert!(
            self.body["message"].is_string() && self.body["error"]["statusCode"] == status,
            "{}",
            self.text
        );
        self
    }

    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }
}

/// An id as it stands in a path.
pub(crate) fn plain(id: &Json) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => {
                encoded.push(char::from(byte))
            }
            b' ' => encoded.push('+'),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}
