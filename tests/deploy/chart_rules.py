"""What must hold for whatever the chart makes: who the pods are, how they start and stop, who reaches them."""

import re
import sys


def matches(selector, labels):
    return bool(selector) and all(labels.get(name) == value for name, value in selector.items())


def merged(below, above):
    if isinstance(below, dict) and isinstance(above, dict):
        return {key: merged(below.get(key), above[key]) if key in above else below[key] for key in {**below, **above}}
    return above


class Release:
    """What `helm template` made of one set of values."""

    def __init__(self, name, documents, defaults, values):
        self.name, self.documents = name, documents
        self.values = defaults
        for more in values:
            self.values = merged(self.values, more)
        self.deployment = self.one("Deployment")["spec"]
        self.pod = self.deployment["template"]["spec"]
        self.container = self.pod["containers"][0]

    def all(self, kind):
        return [document for document in self.documents if document["kind"] == kind]

    def one(self, kind, name=None):
        found = [document for document in self.all(kind) if name in (None, document["metadata"]["name"])]
        self.expect(len(found) == 1, f"one {kind} {name or ''}, not {len(found)}")
        return found[0]

    def expect(self, holds, rule):
        if not holds:
            sys.exit(f"FAIL  {self.name}: {rule}")

    def judge(self):
        self.security()
        self.start_and_stop()
        self.connections()
        self.network()
        for kind in ["Secret", "Job", "Role", "ClusterRole", "RoleBinding"]:
            self.expect(not self.all(kind), f"the chart makes no {kind}")
        names = [(document["kind"], document["metadata"]["name"]) for document in self.documents]
        self.expect(len(set(names)) == len(names), "two documents have one name")

    def security(self):
        self.expect(len(self.pod["containers"]) == 1 and not self.pod.get("initContainers"), "one container")
        of_pod, of_container = self.pod["securityContext"], self.container["securityContext"]
        self.expect(of_pod["runAsNonRoot"] is True and of_pod["runAsUser"] == of_pod["runAsGroup"] == 65532, "the user")
        self.expect(of_pod["seccompProfile"] == {"type": "RuntimeDefault"}, "seccomp")
        self.expect(of_container == {
            "allowPrivilegeEscalation": False, "privileged": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
            "the container's security")
        self.expect(self.pod["automountServiceAccountToken"] is False, "no token of the cluster's")
        for account in self.all("ServiceAccount"):
            self.expect(account["automountServiceAccountToken"] is False, "no token of the cluster's")
        for key in ["hostNetwork", "hostPID", "hostIPC"]:
            self.expect(not self.pod.get(key), key)
        for volume in self.pod["volumes"]:
            self.expect(set(volume) <= {"name", "configMap", "secret"}, f"volume {volume['name']} is neither settings nor a secret")
        for mount in self.container["volumeMounts"]:
            self.expect(mount["readOnly"] is True, f"{mount['mountPath']} is mounted read-only")
        self.expect({mount["name"] for mount in self.container["volumeMounts"]} == {volume["name"] for volume in self.pod["volumes"]}, "volumes and mounts")
        for variable in self.container["env"]:
            self.expect("value" not in variable and "secretKeyRef" in variable["valueFrom"], f"{variable['name']} comes from a Secret")
        self.expect(":latest" not in self.container["image"] and re.search(r":[\w.-]+$|@sha256:[0-9a-f]{64}$", self.container["image"]), "the image is pinned")
        resources = self.container["resources"]
        self.expect("memory" in resources["limits"] and {"cpu", "memory"} <= set(resources["requests"]), "resources")

    def start_and_stop(self):
        arguments = ["serve", "--config", "/etc/upload-gateway/gateway.toml", "--migrate"]
        self.expect(self.container["args"] == arguments[:None if self.values["migrateAtStart"] else -1], "arguments")
        self.expect(any(mount["mountPath"] == arguments[2] for mount in self.container["volumeMounts"]), "the settings are mounted where they are read")
        self.expect(self.deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}, "a rollout takes none away")
        paths = {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"}
        for probe, path in paths.items():
            self.expect(self.container[probe]["httpGet"] == {"path": path, "port": "internal"}, probe)
        self.expect("checksum/settings" in self.deployment["template"]["metadata"]["annotations"], "new settings make new pods")
        patience = self.pod["terminationGracePeriodSeconds"]
        self.expect(patience == self.values["drainSeconds"] + self.values["shutdownGraceSeconds"] + 10, f"{patience} s for drain and grace")
        readiness = self.container["readinessProbe"]
        noticed = readiness["periodSeconds"] * readiness["failureThreshold"] + readiness["timeoutSeconds"]
        self.expect(self.values["drainSeconds"] > noticed, f"a drain is longer than the {noticed} s in which it is noticed")
        scaled = self.values["autoscaling"]["enabled"]
        self.expect(("replicas" in self.deployment) is not scaled, "who says how many replicas")
        for scaler in self.all("HorizontalPodAutoscaler"):
            self.expect(scaler["spec"]["scaleTargetRef"]["name"] == self.one("Deployment")["metadata"]["name"], "who is scaled")
        for budget in self.all("PodDisruptionBudget"):
            self.expect(self.selects(budget["spec"]["selector"]["matchLabels"]), "whose budget")
        spread = self.pod["topologySpreadConstraints"]
        self.expect({one["topologyKey"] for one in spread} == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}, "spread")
        self.expect(all(self.selects(one["labelSelector"]["matchLabels"]) for one in spread), "who is spread")

    def selects(self, selector):
        return matches(selector, self.deployment["template"]["metadata"]["labels"])

    def connections(self):
        self.expect(self.selects(self.deployment["selector"]["matchLabels"]), "the deployment's own pods")
        ports = {port["name"]: port["containerPort"] for port in self.container["ports"]}
        self.expect(ports == {"public": 8080, "internal": 9090}, "ports")
        public, internal = self.one("Service", "uploads-upload-gateway"), self.one("Service", "uploads-upload-gateway-internal")
        for service, target in [(public, "public"), (internal, "internal")]:
            self.expect(self.selects(service["spec"]["selector"]), f"the {target} service finds the pods")
            self.expect([port["targetPort"] for port in service["spec"]["ports"]] == [target], f"the {target} service leads to the {target} port alone")
        self.expect(internal["spec"]["type"] == "ClusterIP", "the internal service stays inside")
        for ingress in self.all("Ingress"):
            backends = [path["backend"]["service"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
            offered = public["spec"]["ports"][0]["name"]
            self.expect(backends and all(one == {"name": public["metadata"]["name"], "port": {"name": offered}} for one in backends), "the ingress leads to the public service")
        for monitor in self.all("ServiceMonitor"):
            spec = monitor["spec"]
            found = [service for service in self.all("Service") if matches(spec["selector"]["matchLabels"], service["metadata"]["labels"])]
            self.expect(found == [internal], "the monitor finds the internal service alone")
            endpoint = spec["endpoints"][0]
            self.expect(endpoint["port"] == "internal" and endpoint["path"] == "/metrics", "the monitor scrapes /metrics")
            self.expect(endpoint["relabelings"] == [{"targetLabel": "job", "replacement": "upload-gateway"}], "the job that the rules know")

    def network(self):
        for policy in self.all("NetworkPolicy"):
            spec = policy["spec"]
            self.expect(self.selects(spec["podSelector"]["matchLabels"]), "whose policy")
            self.expect(set(spec["policyTypes"]) == {"Ingress", "Egress"}, "the policy speaks of both directions")
            for rule in spec["ingress"]:
                self.expect(rule.get("from"), "a rule without peers lets everybody in")
                self.expect([port["port"] for port in rule["ports"]] in (["public"], ["internal"]), "a rule is of one port")
            reached = {port["port"] for rule in spec["egress"] for port in rule["ports"]}
            more = {port["port"] for rule in self.values["networkPolicy"]["extraEgress"] for port in rule["ports"]}
            self.expect(reached == {53, 443, self.values["networkPolicy"]["databasePort"]} | more, f"it may go to {reached}")
            self.expect(all(rule.get("to") for rule in spec["egress"]), "a rule without peers lets it go anywhere")
            https = [peer for rule in spec["egress"] if rule["ports"][0]["port"] == 443 for peer in rule["to"]]
            self.expect(all("169.254.169.254/32" in peer["ipBlock"]["except"] for peer in https if "ipBlock" in peer), "the node's metadata is out of reach")

    def judge_settings(self, settings):
        """`settings` is gateway.toml, read."""
        server = settings["server"]
        self.expect(server["public_address"] == "0.0.0.0:8080" and server["internal_address"] == "0.0.0.0:9090", "the addresses are the ports'")
        self.expect(server["drain"] == f"{self.values['drainSeconds']}s" and server["shutdown_grace"] == f"{self.values['shutdownGraceSeconds']}s", "drain and grace")
        with_tls = bool(self.values["tls"]["secretName"])
        self.expect(("tls_certificate" in server and "tls_key" in server) is with_tls, "the certificate")
        folders = {mount["mountPath"] for mount in self.container["volumeMounts"] if "subPath" not in mount}
        self.expect(not with_tls or server["tls_key"].rpartition("/")[0] in folders, "the certificate's folder is mounted whole, so that a new one arrives")
        said = self.values["settings"]
        for section in settings:
            if section not in ("server", "auth"):
                self.expect(settings[section] == said[section], f"[{section}] is what was said")
        self.expect(settings["auth"] == said["auth"], "[auth] is what was said")
