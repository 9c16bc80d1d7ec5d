import { fireEvent, render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import type { Client } from "@/host/session";
import { SignInPage } from "./SignInPage";

it("says what is wrong below everything that one writes in or presses", async () => {
  const login = vi.fn(() => Promise.reject(new Error("no")));
  const client = { auth: { login } } as unknown as Client;
  const { container } = render(<SignInPage client={client} url="http://x:1" gateway={false} resetPage="http://x:1/studio/#/reset" onDone={vi.fn()} />);
  const form = container.querySelector("form");
  const before = form ? [...form.children] : [];
  if (form) fireEvent.submit(form);
  const wrong = await screen.findByRole("alert");
  expect(form?.lastElementChild).toBe(wrong);
  // What stood there is where it was, in its order.
  expect(form ? [...form.children].slice(0, -1) : []).toEqual(before);
  expect(login).toHaveBeenCalledOnce();
});
