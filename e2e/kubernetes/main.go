// Command kubernetes is the lab's control plane: Kubernetes' own programs in one binary, chosen by the first argument
// (or by the name it is called under), so that a 2-core machine links them once.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubeapiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	kubecontrollermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	kubeproxy "k8s.io/kubernetes/cmd/kube-proxy/app"

	// Exec plugins and OIDC for kubectl's kubeconfig, as in the released program.
	_ "k8s.io/client-go/plugin/pkg/client/auth"
	// Metrics and the JSON log format register themselves.
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
)

func run(command *cobra.Command) func([]string) {
	return func([]string) { os.Exit(cli.Run(command)) }
}

var programs = map[string]func(args []string){
	"etcd":                    func(args []string) { etcdmain.Main(args) },
	"elector":                 elector,
	"kube-apiserver":          func(a []string) { run(kubeapiserver.NewAPIServerCommand())(a) },
	"kube-controller-manager": func(a []string) { run(kubecontrollermanager.NewControllerManagerCommand())(a) },
	"kube-proxy":              func(a []string) { run(kubeproxy.NewProxyCommand())(a) },
	"kubectl": func([]string) {
		if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	},
}

func main() {
	name := filepath.Base(os.Args[0])
	if _, ok := programs[name]; !ok && len(os.Args) > 1 {
		name = os.Args[1]
		os.Args = os.Args[1:]
	}
	program, ok := programs[name]
	if !ok {
		names := make([]string, 0, len(programs))
		for n := range programs {
			names = append(names, n)
		}
		sort.Strings(names)
		fmt.Fprintf(os.Stderr, "usage: kubernetes {%s} [flags]\n", strings.Join(names, "|"))
		os.Exit(2)
	}
	program(os.Args)
}
