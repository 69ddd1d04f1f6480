import { render } from "preact";
import { App } from "./app.tsx";
import "./style.css";
import { takeTokenFromAddress } from "./token.ts";

takeTokenFromAddress();
render(<App />, document.getElementById("app") as HTMLElement);
